# The decision tables for values and references in another language, so that two readers
# have to agree: the column is 0 for drafts, 1 for what others build on, 2 for users.
package matrix

verdicts := secret if input.finding.kind == "secret_value"

verdicts := reference if input.finding.kind == "credential_reference"

old if input.finding.origin == "baseline"

fixture if input.finding.path_class in {"test", "docs", "example"}

default secret := "unknown"

secret := "A/A/R" if {
	fixture
	old
} else := "R/R/R" if {
	fixture
	input.finding.confidence == "definite"
} else := "A/A/R" if {
	fixture
} else := {
	"definite": "R/R/B",
	"probable": "R/R/R",
	"hint": "A/A/R",
}[input.finding.confidence] if {
	old
} else := {
	"definite": "B/B/B",
	"probable": "R/B/B",
	"hint": "A/R/R",
}[input.finding.confidence]

long if input.finding.lifetime in {"L4", "L5"}

default reference := "unknown"

reference := "A/A/A" if {
	input.finding.lifetime in {"L0", "L1"}
} else := "A/R/R" if {
	long
	input.finding.has_alternative
	old
} else := "R/R/B" if {
	long
	input.finding.has_alternative
} else := "A/A/R" if {
	long
	old
} else := "A/R/R" if {
	long
} else := {"L3": "A/R/R", "L2": "A/A/A", "LU": "A/A/R"}[input.finding.lifetime] if {
	old
} else := {"L3": "R/R/R", "L2": "A/A/R", "LU": "A/R/R"}[input.finding.lifetime]
