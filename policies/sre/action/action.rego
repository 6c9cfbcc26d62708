# METADATA
# title: May this action run?
# description: |
#   The one decision of this policy, for one action or for its rollback. Anything that no rule allows or asks for is denied.
package sre.action

import data.settings
import data.sre.reads
import data.sre.request
import data.sre.settings as team
import data.sre.target
import data.sre.writes

default decision := {
	"effect": "deny",
	"rule": "unusable-input",
	"reasons": ["Policy could not read this request or its own settings, so it denies. Look for a field that is missing or of the wrong type."],
}

decision := verdict if {
	request.valid
	team.valid
}

verdict := {
	"effect": "allow",
	"rule": "read",
	"reasons": [$"{input.action.kind} only reads, and reads are free."],
} if {
	reads.permitted
} else := denied(reads.order, reads.denial) if {
	input.action.class == "read"
} else := denied(writes.order, writes.denial) if {
	not writes.permitted
} else := {
	"effect": "allow",
	"rule": "safe-for-auto",
	"reasons": [$"Autonomy is auto, confidence is high, and namespace {target.namespace} carries {settings.safeForAutoLabel}=true: {writes.subject} runs unasked."],
} if {
	writes.permitted
	writes.unasked
} else := object.union(asked, {"typedConfirmation": true}) if {
	writes.permitted
	writes.listing.class == "destructive"
} else := asked if {
	writes.permitted
	writes.listing.class == "write"
}

asked := {
	"effect": "needs-approval",
	"rule": first(writes.questions, writes.question),
	"reasons": array.concat(
		said(writes.questions, writes.question),
		[$"So {writes.subject} needs a yes from {writes.who}."],
	),
	"require": writes.require,
	"ttlSeconds": writes.listing.ttlSeconds,
}

denied(order, sentences) := {
	"effect": "deny",
	"rule": first(order, sentences),
	"reasons": said(order, sentences),
}

first(order, sentences) := [rule | some rule in order; sentences[rule]][0]

said(order, sentences) := [sentences[rule] | some rule in order]
