# A policy on the input of the gate (docs/policy.md), in the package that is for it:
# `block` and `remediate` are sets of objects with a message and a fingerprint.
package gate

# Payment keys do not belong into billing code.
block contains {"msg": msg, "finding": finding.fingerprint} if {
	some finding in input.findings
	finding.kind == "secret_value"
	finding.provider == "stripe"
	some path in finding.paths
	startswith(path, "billing/")
	msg := sprintf("a payment key in %s", [path])
}

# What a program brings in is looked at by a person.
remediate contains {"msg": "a program brings this in", "finding": finding.fingerprint} if {
	input.actor.kind != "human"
	some finding in input.findings
	finding.origin == "new"
}
