# METADATA
# title: What may be said of a target
# description: Positive statements only; a rule that cannot be evaluated is undefined, and undefined never opens anything.
package sre.target

import data.settings

# The object is on the cluster this co-pilot is set up for.
on_this_cluster if input.target.cluster == input.environment.cluster

# The namespace is known and nobody protects it.
in_open_namespace if {
	is_string(input.target.namespace)
	not input.target.namespace in settings.protectedNamespaces.names
	every pattern in settings.protectedNamespaces.patterns {
		not glob.match(pattern, [], input.target.namespace)
	}
}

# Nobody but people and us changes the object: a GitOps controller would undo a live patch, or fight it.
changed_by_hand if is_null(input.target.managedBy)

# Its namespace says in a label that unasked changes are welcome. A label of the object itself does not count: whoever may write the
# Deployment could set it.
in_safe_namespace if {
	is_object(input.target.namespaceLabels)
	input.target.namespaceLabels[settings.safeForAutoLabel] == "true"
}

# The change freezes that hold now for the target's namespace.
freezes contains $"{freeze.name}: {freeze.reason}" if {
	some freeze in settings.freezes
	concerns(freeze)
	in_force(freeze)
}

concerns(freeze) if {
	some pattern in freeze.namespaces
	glob.match(pattern, [], input.target.namespace)
}

# Instants of one fixed form sort as text.
in_force(freeze) if {
	freeze.from <= input.time.now
	input.time.now < freeze.until
}

in_force(freeze) if {
	input.time.weekday in freeze.weekdays
	freeze.fromHourUtc <= input.time.hourUtc
	input.time.hourUtc < freeze.untilHourUtc
}

default title := "no object"

title := $"{input.target.kind} {input.target.namespace}/{input.target.name}" if is_string(input.target.namespace)

title := $"{input.target.kind} {input.target.name}" if {
	is_object(input.target)
	is_null(input.target.namespace)
}

namespace := input.target.namespace if is_string(input.target.namespace)
