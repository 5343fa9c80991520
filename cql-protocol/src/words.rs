//! What the protocol writes as one of several words. A word of a newer server survives.

/// Defines a newtype over such a word, with a constant for each that is known.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$const_doc:meta])* $const:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash)]
        pub struct $name(std::borrow::Cow<'static, str>);

        impl $name {
            $($(#[$const_doc])* pub const $const: $name = $name(std::borrow::Cow::Borrowed($text));)+

            /// The word on the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// Whether it is one of the constants.
            #[must_use]
            pub fn is_known(&self) -> bool {
                matches!(self.as_str(), $($text)|+)
            }
        }

        impl From<&str> for $name {
            /// Allocates only for a word that is not known.
            fn from(text: &str) -> Self {
                match text {
                    $($text => $name::$const,)+
                    _ => $name(std::borrow::Cow::Owned(text.to_owned())),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

pub(crate) use words;
