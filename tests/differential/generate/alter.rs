//! Changes of the schema between other statements.

use super::Generator;
use super::table::{self, Column};
use super::types;
use super::values::pick;

impl Generator {
    pub(super) fn alter(&mut self, at: usize) -> String {
        let (rng, world) = (&mut self.rng, &mut self.world);
        let table = &mut world.tables[at];
        let name = table.name.clone();
        match rng.u8(..10) {
            0..3 => {
                let column = format!("v{}", rng.u8(..9));
                let of = types::of_column(rng, &world.udts);
                let text = format!("ALTER TABLE {name} ADD {column} {}", of.cql());
                if !table.is_counter && table.columns.iter().all(|other| other.name != column) {
                    table.columns.push(Column {
                        name: column,
                        of,
                        is_static: false,
                        descends: false,
                        is_indexed: false,
                    });
                }
                text
            }
            3 | 4 => {
                let dropped = rng.usize(..table.columns.len());
                let column = table.columns[dropped].clone();
                if dropped >= table.key().len() && !column.is_indexed {
                    table.columns.remove(dropped);
                }
                format!("ALTER TABLE {name} DROP {}", column.name)
            }
            5 => {
                let renamed = rng.usize(..table.columns.len());
                let column = table.columns[renamed].clone();
                let to = pick(rng, &["q0", "q1", "p0", "v0"]);
                if renamed < table.key().len()
                    && !column.is_indexed
                    && table.columns.iter().all(|other| other.name != to)
                {
                    table.columns[renamed].name = to.to_owned();
                }
                format!("ALTER TABLE {name} RENAME {} TO {to}", column.name)
            }
            6 => format!(
                "ALTER TABLE {name} WITH {}",
                pick(
                    rng,
                    &["comment = 'x'", "gc_grace_seconds = 5000", "nothing = 1", "default_time_to_live = 0"]
                )
            ),
            7 => {
                let column = rng.usize(..table.columns.len());
                let text = table::index(rng, table, column);
                if !table.is_counter {
                    table.columns[column].is_indexed = true;
                }
                text
            }
            8 if !world.udts.is_empty() => {
                let which = rng.usize(..world.udts.len());
                let udt = &world.udts[which];
                let field = format!("g{}", rng.u8(..3));
                let of = types::native(rng, true);
                format!("ALTER TYPE {} ADD {field} {of}", udt.name())
            }
            _ => format!("CREATE TABLE {}{name} (a int PRIMARY KEY)", pick(rng, &["", "IF NOT EXISTS "])),
        }
    }
}
