//! The conventions of `rename_all`.

/// How names are written in CQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    Lower,
    Upper,
    Pascal,
    Camel,
    Snake,
    ScreamingSnake,
    Kebab,
    ScreamingKebab,
}

const NAMES: &[(&str, Case)] = &[
    ("lowercase", Case::Lower),
    ("UPPERCASE", Case::Upper),
    ("PascalCase", Case::Pascal),
    ("camelCase", Case::Camel),
    ("snake_case", Case::Snake),
    ("SCREAMING_SNAKE_CASE", Case::ScreamingSnake),
    ("kebab-case", Case::Kebab),
    ("SCREAMING-KEBAB-CASE", Case::ScreamingKebab),
];

impl Case {
    /// The convention of that name, or a text that lists them.
    pub(crate) fn parse(name: &str) -> Result<Self, String> {
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, case)| *case).ok_or_else(|| {
            let known: Vec<String> = NAMES.iter().map(|(known, _)| format!("\"{known}\"")).collect();
            format!("there is no convention `{name}`: use one of {}", known.join(", "))
        })
    }

    /// Writes the name of a field (`snake_case`) or a variant (`PascalCase`) by this convention.
    pub(crate) fn apply(self, name: &str) -> String {
        let words = words(name);
        let join = |separator: &str| words.join(separator);
        let pascal = || words.iter().map(|word| capitalized(word)).collect::<String>();
        match self {
            Case::Lower => name.to_lowercase(),
            Case::Upper => name.to_uppercase(),
            Case::Pascal => pascal(),
            Case::Camel => {
                let rest: String = words.iter().skip(1).map(|word| capitalized(word)).collect();
                words.first().cloned().unwrap_or_default() + &rest
            }
            Case::Snake => join("_"),
            Case::ScreamingSnake => join("_").to_uppercase(),
            Case::Kebab => join("-"),
            Case::ScreamingKebab => join("-").to_uppercase(),
        }
    }
}

/// The words of a name, in lower case: they end at underscores, and before capitals that follow a small letter or digit.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut is_after_small = false;
    for char in name.chars() {
        let starts_word = char == '_' || (char.is_uppercase() && is_after_small);
        if starts_word && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if char != '_'
            && let Some(word) = words.last_mut()
        {
            word.extend(char.to_lowercase());
        }
        is_after_small = char.is_lowercase() || char.is_numeric();
    }
    words.retain(|word| !word.is_empty());
    words
}

fn capitalized(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|first| first.to_uppercase().collect::<String>() + chars.as_str()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_variants_follow_each_convention() {
        let expected = [
            ("lowercase", "battery_pct", "lowbattery"),
            ("UPPERCASE", "BATTERY_PCT", "LOWBATTERY"),
            ("PascalCase", "BatteryPct", "LowBattery"),
            ("camelCase", "batteryPct", "lowBattery"),
            ("snake_case", "battery_pct", "low_battery"),
            ("SCREAMING_SNAKE_CASE", "BATTERY_PCT", "LOW_BATTERY"),
            ("kebab-case", "battery-pct", "low-battery"),
            ("SCREAMING-KEBAB-CASE", "BATTERY-PCT", "LOW-BATTERY"),
        ];
        for (name, field, variant) in expected {
            let case = Case::parse(name).unwrap();
            assert_eq!((case.apply("battery_pct"), case.apply("LowBattery")), (field.into(), variant.into()));
        }
        assert_eq!(Case::Snake.apply("HTTPStatus2Go"), "httpstatus2_go");
        assert_eq!(Case::Camel.apply("_a__b_"), "aB");
    }

    #[test]
    fn an_unknown_convention_lists_those_there_are() {
        let error = Case::parse("snake").unwrap_err();
        assert!(error.starts_with("there is no convention `snake`: use one of \"lowercase\", "), "{error}");
    }
}
