//! The provider APIs. Whatever there is one of for each of them is made from this list: the registry, the stand-ins, the
//! demo, the conformance suite. Each is a file or a folder with the provider's id.

/// Hands the providers' ids to a macro, in the order of their stand-ins' ports on one machine: a new one is the last.
#[macro_export]
macro_rules! every_provider {
    ($then:ident) => {
        $then! {
            buckaroo_billink,
            billie_pad,
            billie_psp,
            billink,
            billink_v1,
            billagain,
        }
    };
}
