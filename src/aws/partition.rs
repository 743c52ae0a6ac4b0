//! The partitions of AWS: groups of regions with accounts, and so ARNs, of their own.

/// A partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Partition {
    /// As ARNs have it.
    pub name: &'static str,
    /// IAM has one server for the whole partition: its host, and the region that requests to it are signed for.
    pub(super) iam: (&'static str, &'static str),
}

/// (AWS General Reference, "IAM endpoints and quotas".)
const PARTITIONS: &[(&str, Partition)] = &[
    ("cn-", Partition { name: "aws-cn", iam: ("iam.cn-north-1.amazonaws.com.cn", "cn-north-1") }),
    ("us-gov-", Partition { name: "aws-us-gov", iam: ("iam.us-gov.amazonaws.com", "us-gov-west-1") }),
    ("eusc-", Partition { name: "aws-eusc", iam: ("iam.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1") }),
    ("us-iso-", Partition { name: "aws-iso", iam: ("iam.us-iso-east-1.c2s.ic.gov", "us-iso-east-1") }),
    ("us-isob-", Partition { name: "aws-iso-b", iam: ("iam.us-isob-east-1.sc2s.sgov.gov", "us-isob-east-1") }),
];

impl Partition {
    /// The partition of a region.
    pub fn of_region(region: &str) -> Partition {
        let found = PARTITIONS.iter().find(|(prefix, _)| region.starts_with(prefix));
        found.map_or(Partition { name: "aws", iam: ("iam.amazonaws.com", "us-east-1") }, |(_, partition)| *partition)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_tell_their_partition() {
        for (region, expected) in [
            ("eu-west-1", "aws"),
            ("cn-north-1", "aws-cn"),
            ("us-gov-east-1", "aws-us-gov"),
            ("us-isob-east-1", "aws-iso-b"),
        ] {
            assert_eq!(Partition::of_region(region).name, expected);
        }
    }
}
