# METADATA
# description: |
#   The table in policies/cases, evaluated by OPA itself. The same table is evaluated by the compiled wasm in the npm suite, so that a
#   difference between the two shows.
package sre.cases_test

import data.sre.action

test_case[id] if {
	some id, row in rows
	answers[id].effect == row.effect
	answers[id].rule == row.rule
	answers[id] == data.decisions[id]
}

test_table_is_not_empty if count(rows) > 100

test_no_input_is_denied if action.decision.rule == "unusable-input"

# What policies/cases/decisions.json pins.
answers[id] := decision if {
	some id, row in rows
	request := changed(data.bases[row.base], object.get(row, "set", {}), object.get(row, "remove", []))
	team := changed(data.settings, object.get(row, "settings", {}), [])
	decision := action.decision with input as request with data.settings as team
}

rows[id] := row if {
	some topic, all in data.cases
	some row in all
	id := sprintf("%s: %s", [topic, row.name])
}

changed(document, set, removed) := json.patch(document, array.concat(
	[{"op": "add", "path": path, "value": value} | some path, value in set],
	[{"op": "remove", "path": path} | some path in removed],
))
