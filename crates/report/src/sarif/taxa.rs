//! The taxonomies that rules refer to, with the names of their entries.

use std::collections::BTreeSet;

use serde::Serialize;

use super::log::Text;

/// A list of weaknesses or risks with ids.
pub(super) struct Taxonomy {
    name: &'static str,
    full_name: &'static str,
    organization: &'static str,
    version: Option<&'static str>,
    /// Whether an id is one of this list.
    owns: fn(&str) -> bool,
    known: &'static [(&'static str, &'static str)],
}

/// In the order in which runs list them.
pub(super) const ALL: &[Taxonomy] = &[
    Taxonomy {
        name: "CWE",
        full_name: "Common Weakness Enumeration",
        organization: "MITRE",
        version: None,
        owns: |id| id.starts_with("CWE-"),
        known: &[
            (
                "CWE-214",
                "Invocation of Process Using Visible Sensitive Information",
            ),
            ("CWE-250", "Execution with Unnecessary Privileges"),
            ("CWE-256", "Plaintext Storage of a Password"),
            ("CWE-259", "Use of Hard-coded Password"),
            ("CWE-260", "Password in Configuration File"),
            ("CWE-262", "Not Using Password Aging"),
            ("CWE-263", "Password Aging with Long Expiration"),
            ("CWE-312", "Cleartext Storage of Sensitive Information"),
            ("CWE-321", "Use of Hard-coded Cryptographic Key"),
            ("CWE-324", "Use of a Key Past its Expiration Date"),
            ("CWE-522", "Insufficiently Protected Credentials"),
            (
                "CWE-526",
                "Cleartext Storage of Sensitive Information in an Environment Variable",
            ),
            (
                "CWE-532",
                "Insertion of Sensitive Information into Log File",
            ),
            (
                "CWE-538",
                "Insertion of Sensitive Information into Externally-Accessible File or Directory",
            ),
            (
                "CWE-540",
                "Inclusion of Sensitive Information in Source Code",
            ),
            ("CWE-613", "Insufficient Session Expiration"),
            ("CWE-668", "Exposure of Resource to Wrong Sphere"),
            ("CWE-798", "Use of Hard-coded Credentials"),
            ("CWE-863", "Incorrect Authorization"),
            ("CWE-1220", "Insufficient Granularity of Access Control"),
        ],
    },
    Taxonomy {
        name: "OWASP-NHI",
        full_name: "OWASP Non-Human Identities Top 10",
        organization: "OWASP Foundation",
        version: Some("2025"),
        owns: |id| id.starts_with("NHI") && id.ends_with(":2025"),
        known: &[
            ("NHI1:2025", "Improper Offboarding"),
            ("NHI2:2025", "Secret Leakage"),
            ("NHI3:2025", "Vulnerable Third-Party NHI"),
            ("NHI4:2025", "Insecure Authentication"),
            ("NHI5:2025", "Overprivileged NHI"),
            ("NHI6:2025", "Insecure Cloud Deployment Configurations"),
            ("NHI7:2025", "Long-Lived Secrets"),
            ("NHI8:2025", "Environment Isolation"),
            ("NHI9:2025", "NHI Reuse"),
            ("NHI10:2025", "Human Use of NHI"),
        ],
    },
];

/// The position in [`ALL`] of the taxonomy that the id belongs to.
pub(super) fn owner(id: &str) -> Option<usize> {
    ALL.iter().position(|taxonomy| (taxonomy.owns)(id))
}

/// `toolComponent`, as a taxonomy
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Component<'a> {
    name: &'static str,
    full_name: &'static str,
    organization: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'static str>,
    short_description: Text<'static>,
    is_comprehensive: bool,
    taxa: Vec<Taxon<'a>>,
}

/// `reportingDescriptor`, as an entry of a taxonomy
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Taxon<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    short_description: Option<Text<'static>>,
}

/// `toolComponentReference`
#[derive(Clone, Copy, Serialize)]
pub(super) struct Reference {
    name: &'static str,
    index: usize,
}

/// The reference to the taxonomy at this position in [`ALL`].
pub(super) fn reference(index: usize) -> Reference {
    Reference {
        name: ALL[index].name,
        index,
    }
}

/// All taxonomies, each with those of the ids in use that belong to it, sorted.
pub(super) fn components<'a>(used: &BTreeSet<&'a str>) -> Vec<Component<'a>> {
    let entries = |taxonomy: &Taxonomy| {
        let mut taxa: Vec<Taxon<'a>> = Vec::new();
        for id in used.iter().copied().filter(|id| (taxonomy.owns)(id)) {
            let known = taxonomy.known.iter().find(|(known, _)| *known == id);
            let name = known.map(|(_, name)| *name);
            taxa.push(Taxon {
                id,
                name,
                short_description: name.map(Text::new),
            });
        }
        taxa
    };
    ALL.iter()
        .map(|taxonomy| Component {
            name: taxonomy.name,
            full_name: taxonomy.full_name,
            organization: taxonomy.organization,
            version: taxonomy.version,
            short_description: Text::new(taxonomy.full_name),
            is_comprehensive: false,
            taxa: entries(taxonomy),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_known_id_belongs_to_its_own_taxonomy_and_no_other() {
        for (index, taxonomy) in ALL.iter().enumerate() {
            for (id, name) in taxonomy.known {
                assert_eq!(owner(id), Some(index), "{id}");
                assert!(!name.is_empty());
            }
        }
        assert_eq!(owner("NHI2:2027"), None);
        assert_eq!(owner("T1552"), None);
    }
}
