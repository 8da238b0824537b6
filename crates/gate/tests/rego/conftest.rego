# The same input under conftest: package `main`, `deny` and `warn`.
#
#     sluice gate --stage merge --format input --output input.json
#     conftest test --policy policy/ --output json input.json > rego.json
#     sluice gate --stage merge --evidence rego.json
package main

deny contains msg if {
	some finding in input.findings
	finding.lifetime == "L5"
	input.stage in {"release", "deploy"}
	msg := sprintf("%s: a root of trust is not released", [finding.path])
}

deny contains "not everything was looked at" if {
	input.stage != "commit"
	not input.evidence.complete
}

warn contains msg if {
	some waiver in input.waivers
	not waiver.holds
	msg := sprintf("waiver %s does not hold: %s", [waiver.id, waiver.refused])
}
