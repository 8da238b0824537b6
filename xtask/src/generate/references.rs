//! `docs/references.md`: the catalogue of references to stored credentials.

use sluicegate::ReferencePattern;

/// What each family is called.
const FAMILIES: &[(&str, &str)] = &[
    ("github-actions", "GitHub Actions and every CI system"),
    ("gitlab", "GitLab CI"),
    ("other-ci", "Other CI systems"),
    ("terraform", "Terraform and OpenTofu"),
    (
        "cloud-templates",
        "CloudFormation, CDK, Pulumi, Bicep, Crossplane, Serverless",
    ),
    ("kubernetes", "Kubernetes, Helm and GitOps"),
    ("containers", "Containers"),
    ("packages", "Package managers, profiles and git"),
    ("hosts", "Machines"),
    ("applications", "Source code and configuration"),
    ("agents", "Agents and developers' environments"),
    ("federation", "Federation done wrong"),
];

/// The page.
pub(super) fn page() -> String {
    let all = ReferencePattern::all();
    let mut page = format!(
        "{}\n\n# References to stored credentials\n\n{} patterns. Each is a place that holds no \
         secret and still makes a build, a deploy or a running system depend on a stored \
         credential. `stages` is what it asks for in development, staging and production: A \
         allow, R remediate, B block. Lifetimes: L0 minted for the job, L1 on demand, L2 \
         expires within 90 days, L3 later, L4 never or nobody can tell, L5 a root of trust, LU \
         hidden by an indirection.\n",
        super::NOTE,
        all.len(),
    );
    for (family, title) in FAMILIES {
        page.push_str(&format!("\n## {title}\n"));
        for pattern in all.iter().filter(|pattern| pattern.family() == *family) {
            page.push_str(&format!(
                "\n### {} {}\n\n`{}`, lifetime {}, severity {}, stages {}, {}\n\n{}\n\n{}\n",
                pattern.code(),
                pattern.title(),
                pattern.id(),
                pattern.lifetime(),
                pattern.severity(),
                pattern.stages(),
                pattern.taxa().join(", "),
                pattern.why(),
                pattern.instead(),
            ));
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_is_on_the_page() {
        let page = page();
        for pattern in ReferencePattern::all() {
            assert!(
                page.contains(&format!("### {} ", pattern.code())),
                "{}",
                pattern.code()
            );
        }
    }
}
