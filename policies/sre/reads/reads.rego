# METADATA
# title: Reads
# description: A read is allowed when its kind is listed and it reaches for nothing that is never read (contents of Secrets).
package sre.reads

import data.settings
import data.sre.target

permitted if {
	input.action.class == "read"
	input.action.role == "action"
	input.action.kind in settings.reads
	reads_here
	reads_nothing_secret
}

reads_here if is_null(input.target)

reads_here if target.on_this_cluster

reads_nothing_secret if {
	resource_is_readable
	target_is_readable
}

resource_is_readable if not "resource" in object.keys(input.action.arguments)

# `secrets.v1.` and `Secrets/x` are other spellings of `secrets`.
resource_is_readable if {
	is_string(input.action.arguments.resource)
	[word] := array.slice(regex.find_all_string_submatch_n(`^[a-z]+`, lower(input.action.arguments.resource), 1), 0, 1)
	not word[0] in settings.unreadable
}

target_is_readable if is_null(input.target)

target_is_readable if not lower(input.target.kind) in settings.unreadable

denial["unknown-action"] := $"Policy lists no read named {input.action.kind}, so it is denied and nothing was read." if {
	not input.action.kind in settings.reads
}

denial["unknown-action"] := "A read has nothing to roll back, so this request is denied." if {
	input.action.kind in settings.reads
	input.action.role != "action"
}

denial["wrong-cluster"] := $"The target {target.title} is not on cluster {input.environment.cluster}, so it is not read." if {
	not reads_here
}

denial["unreadable"] := "Contents of Secrets are never read. Look at the kubelet's status of the pod for a missing key instead." if {
	not reads_nothing_secret
}

order := ["unknown-action", "wrong-cluster", "unreadable"]
