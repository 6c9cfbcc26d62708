# METADATA
# title: Writes
# description: |
#   A write is possible when every statement of `permitted` holds. It runs unasked only when every statement of `unasked` holds too;
#   otherwise people decide. `denial` and `question` only put into words which statement did not hold: they decide nothing by themselves.
package sre.writes

import data.settings
import data.sre.target

listing := settings.writes[input.action.kind]

permitted if {
	listed
	named
	target.on_this_cluster
	target.in_open_namespace
	target.changed_by_hand
	unfrozen
	within_limits
	within_budget
	well_founded
	acts
}

listed if listing.class == input.action.class

named if $"{input.target.apiVersion}/{input.target.kind}" in listing.targets

# A rollback puts back what was: a freeze or a spent budget that would leave a failed change in place does not bind it.
unfrozen if input.action.role == "rollback"

unfrozen if count(target.freezes) == 0

within_limits if {
	input.blastRadius.objects <= settings.limits.objects
	input.blastRadius.pods <= settings.limits.pods
}

within_budget if input.action.role == "rollback"

within_budget if input.budgets.writesThisIncident < settings.limits.writesPerIncident

# A person who started the run by command may always ask. A signal alone must bring evidence.
well_founded if input.evidence.confidence in {"high", "medium"}

well_founded if is_string(input.run.requester)

acts if input.run.autonomy in {"assist", "auto"}

unasked if {
	input.run.autonomy == "auto"
	listing.class == "write"
	target.in_safe_namespace
	input.evidence.confidence == "high"
	input.evidence.tainted == false
	can_be_undone
	few_pods
	first_writes
	count(input.runbook.approvals) == 0
}

can_be_undone if input.action.role == "rollback"

can_be_undone if input.action.reversible == true

few_pods if input.blastRadius.pods <= settings.unasked.pods

first_writes if input.action.role == "rollback"

first_writes if input.budgets.writesThisIncident < settings.unasked.writesPerIncident

require := [{"group": group, "count": most} |
	some group in groups
	most := max([requirement.count | some requirement in asked_for; requirement.group == group])
]

groups := {requirement.group | some requirement in asked_for}

asked_for := array.concat(listing.require, input.runbook.approvals)

who := concat(" and ", [$"{requirement.count} of {requirement.group}" | some requirement in require])

subject := $"{input.action.kind} of {target.title}" if input.action.role == "action"

subject := $"the rollback of {input.action.kind} of {target.title}" if input.action.role == "rollback"

denial["unknown-action"] := sentence if {
	not listed
	sentence := $"Policy lists no {input.action.class} action named {input.action.kind}, so it is denied: nobody can be asked for it."
}

denial["unknown-target"] := sentence if {
	listed
	is_null(input.target)
	sentence := $"{input.action.kind} names no object to change, so it is denied."
}

denial["unknown-target"] := sentence if {
	listed
	is_object(input.target)
	not named
	sentence := $"{input.action.kind} may not change {target.title}: policy does not list that kind for it."
}

denial["wrong-cluster"] := sentence if {
	is_object(input.target)
	not target.on_this_cluster
	sentence := $"{target.title} is not on cluster {input.environment.cluster}, so it is not changed."
}

denial["protected-namespace"] := sentence if {
	is_string(input.target.namespace)
	not target.in_open_namespace
	sentence := $"Namespace {target.namespace} is protected: nothing in it is changed from here. Use the way your platform team has for it."
}

denial["protected-namespace"] := sentence if {
	is_object(input.target)
	is_null(input.target.namespace)
	sentence := $"{target.title} is in no namespace, and only objects in unprotected namespaces are changed."
}

denial["gitops-managed"] := sentence if {
	is_object(input.target)
	not target.changed_by_hand
	sentence := $"{target.title} is managed by {input.target.managedBy}: propose a change to the repository, a live patch would be undone."
}

denial["freeze"] := sentence if {
	not unfrozen
	names := concat("; ", target.freezes)
	sentence := $"Namespace {target.namespace} is in a change freeze ({names}). Nothing is changed until it ends."
}

denial["blast-radius"] := sentence if {
	not within_limits
	reach := $"{counted(input.blastRadius.objects, "object")} and {counted(input.blastRadius.pods, "pod")}"
	limit := $"{counted(settings.limits.objects, "object")} and {counted(settings.limits.pods, "pod")}"
	sentence := $"{subject} would touch {reach}, more than the limit of {limit}: do it in smaller steps, by hand."
}

denial["budget"] := sentence if {
	not within_budget
	spent := counted(input.budgets.writesThisIncident, "change")
	limit := settings.limits.writesPerIncident
	sentence := $"{input.incident.reference} saw {spent} already and the limit is {limit}: people take over from here."
}

denial["weak-evidence"] := sentence if {
	not well_founded
	sentence := $"Confidence is {input.evidence.confidence} and no person asked for it: {subject} is refused. Start it with /sre run to have it asked."
}

denial["observe"] := sentence if {
	not acts
	listed
	sentence := $"Autonomy is observe, so nothing is changed. In assist it would ask {who} to approve {subject}."
}

order := [
	"unknown-action",
	"unknown-target",
	"wrong-cluster",
	"protected-namespace",
	"gitops-managed",
	"freeze",
	"blast-radius",
	"budget",
	"weak-evidence",
	"observe",
]

question["destructive"] := $"{input.action.kind} destroys something, so it is never done unasked." if listing.class != "write"

question["assist"] := sentence if {
	input.run.autonomy != "auto"
	sentence := $"Autonomy is {input.run.autonomy}: every change in namespace {target.namespace} is asked for."
}

question["not-safe-for-auto"] := sentence if {
	input.run.autonomy == "auto"
	not target.in_safe_namespace
	sentence := $"Namespace {target.namespace} does not carry the label {settings.safeForAutoLabel}=true, so its changes are asked for."
}

question["confidence"] := $"Confidence is {input.evidence.confidence}, not high: look at the evidence first." if {
	input.evidence.confidence != "high"
}

question["tainted"] := "A value of this action was seen only in text that strangers can write (logs, annotations), so people look first." if {
	input.evidence.tainted
}

question["irreversible"] := $"{subject} cannot be rolled back, so people decide." if not can_be_undone

question["many-pods"] := sentence if {
	input.run.autonomy == "auto"
	not few_pods
	sentence := $"{input.blastRadius.pods} pods would be replaced, more than the {settings.unasked.pods} that may be replaced unasked."
}

question["repeated"] := sentence if {
	input.run.autonomy == "auto"
	not first_writes
	spent := counted(input.budgets.writesThisIncident, "change")
	sentence := $"{input.incident.reference} saw {spent} already, and no more may be made unasked."
}

question["runbook"] := $"Runbook {input.runbook.name} names who must approve its changes." if count(input.runbook.approvals) > 0

questions := [
	"destructive",
	"assist",
	"not-safe-for-auto",
	"confidence",
	"tainted",
	"irreversible",
	"many-pods",
	"repeated",
	"runbook",
]

counted(1, word) := $"1 {word}"

counted(number, word) := $"{number} {word}s" if number != 1
