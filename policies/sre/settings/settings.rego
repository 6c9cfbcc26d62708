# METADATA
# title: What a team sets in data.json
# description: |
#   Settings that are absent or of the wrong type must deny, not widen: a protected namespace pattern that cannot be read protects
#   nothing. The host refuses bad settings at start; this guard holds when it does not.
package sre.settings

import data.settings as raw
import data.sre.request

default valid := false

valid if {
	texts(raw.protectedNamespaces.names)
	globs(raw.protectedNamespaces.patterns)
	request.text(raw.safeForAutoLabel)
	texts(raw.reads)
	texts(raw.unreadable)
	is_object(raw.writes)
	every write in raw.writes {
		valid_write(write)
	}
	request.whole(raw.limits.objects)
	request.whole(raw.limits.pods)
	request.whole(raw.limits.writesPerIncident)
	request.whole(raw.unasked.pods)
	request.whole(raw.unasked.writesPerIncident)
	is_array(raw.freezes)
	every freeze in raw.freezes {
		valid_freeze(freeze)
	}
}

valid_write(write) if {
	write.class in {"write", "destructive"}
	texts(write.targets)
	is_array(write.require)
	count(write.require) > 0
	every requirement in write.require {
		request.text(requirement.group)
		request.whole(requirement.count)
		requirement.count > 0
	}
	request.whole(write.ttlSeconds)
	write.ttlSeconds > 0
}

# Exact keys: a freeze with a misspelt key would otherwise never apply.
valid_freeze(freeze) if {
	object.keys(freeze) == {"name", "reason", "namespaces", "from", "until"}
	named_freeze(freeze)
	instant(freeze.from)
	instant(freeze.until)
}

valid_freeze(freeze) if {
	object.keys(freeze) == {"name", "reason", "namespaces", "weekdays", "fromHourUtc", "untilHourUtc"}
	named_freeze(freeze)
	texts(freeze.weekdays)
	request.whole(freeze.fromHourUtc)
	request.whole(freeze.untilHourUtc)
}

named_freeze(freeze) if {
	request.text(freeze.name)
	request.text(freeze.reason)
	globs(freeze.namespaces)
}

instant(value) if {
	is_string(value)
	regex.match(`^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$`, value)
}

texts(values) if {
	is_array(values)
	every value in values {
		request.text(value)
	}
}

globs(values) if {
	is_array(values)
	every value in values {
		is_string(value)
		regex.match(`^[a-z0-9*-]+$`, value)
	}
}
