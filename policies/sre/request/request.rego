# METADATA
# title: The request policy is asked about
# description: |
#   Rego compares values of different types without complaint ("0.99" >= 0.9 is true), and a missing field makes a rule undefined,
#   not false. So every field that any rule reads is checked here, once, and nothing is decided unless `valid` holds.
package sre.request

default valid := false

valid if {
	input.schema == "sre-copilot/policy-input/v1"
	input.phase in {"plan", "execute"}
	valid_run
	valid_runbook
	valid_action
	valid_target
	valid_incident
	valid_evidence
	valid_time
	valid_measures
}

valid_run if {
	text(input.run.id)
	input.run.autonomy in {"observe", "assist", "auto"}
	text_or_null(input.run.requester)
}

valid_runbook if {
	text(input.runbook.name)
	text(input.runbook.digest)
	is_array(input.runbook.approvals)
	every requirement in input.runbook.approvals {
		text(requirement.group)
		whole(requirement.count)
		requirement.count > 0
	}
}

valid_action if {
	text(input.action.kind)
	input.action.class in {"read", "write", "destructive", "manual"}
	input.action.role in {"action", "rollback"}
	is_boolean(input.action.reversible)
	is_object(input.action.arguments)
}

valid_target if is_null(input.target)

valid_target if {
	text(input.target.cluster)
	text(input.target.apiVersion)
	text(input.target.kind)
	text_or_null(input.target.namespace)
	text(input.target.name)
	text(input.target.uid)
	labels(input.target.labels)
	labels_or_null(input.target.namespaceLabels)
	text_or_null(input.target.managedBy)
}

valid_incident if {
	text(input.incident.reference)
	is_string(input.incident.severity)
	is_string(input.incident.source)
}

valid_evidence if {
	input.evidence.confidence in {"high", "medium", "low", "none"}
	is_number(input.evidence.score)
	is_boolean(input.evidence.tainted)
}

valid_time if {
	is_string(input.time.now)
	regex.match(`^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$`, input.time.now)
	input.time.weekday in {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}
	whole(input.time.hourUtc)
	input.time.hourUtc < 24
}

valid_measures if {
	text(input.environment.cluster)
	whole(input.blastRadius.objects)
	whole(input.blastRadius.pods)
	whole(input.budgets.writesThisIncident)
	is_array(input.approvals)
}

text(value) if {
	is_string(value)
	value != ""
}

text_or_null(value) if is_null(value)

text_or_null(value) if text(value)

labels(value) if {
	is_object(value)
	every content in value {
		is_string(content)
	}
}

labels_or_null(value) if is_null(value)

labels_or_null(value) if labels(value)

whole(value) if {
	is_number(value)
	value >= 0
	floor(value) == value
}
