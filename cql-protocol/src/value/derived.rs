//! What the code of `cql-derive` calls: rows and user-defined values field by field, by name. Not for others: hidden
//! from the documentation, and changed together with the derives.

use super::bind::ValuesWriter;
use super::bind_error::BindError;
use super::decode::{FromCql, TypeMismatch};
use super::encode::{Encoded, ToCql, ValueError};
use super::row::RowReader;
use super::row_error::{RowError, RowMismatch};
use super::udt::{UdtReader, UdtWriter};
use crate::error::{DecodeError, Problem};
use crate::types::{ColumnSpec, ColumnType};

/// One field of a struct: the name it has in CQL, the name it has in Rust, and what may be read into it.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    name: &'static str,
    rust_name: &'static str,
    check: fn(&ColumnType) -> Result<(), TypeMismatch>,
    is_required: bool,
}

impl Field {
    /// A field that must be there.
    #[must_use]
    pub fn required(
        name: &'static str,
        rust_name: &'static str,
        check: fn(&ColumnType) -> Result<(), TypeMismatch>,
    ) -> Self {
        Field { name, rust_name, check, is_required: true }
    }

    /// A field that has a default.
    #[must_use]
    pub fn optional(
        name: &'static str,
        rust_name: &'static str,
        check: fn(&ColumnType) -> Result<(), TypeMismatch>,
    ) -> Self {
        Field { is_required: false, ..Field::required(name, rust_name, check) }
    }
}

/// Which column of a result each of `N` fields is read from: found once per result, kept without allocating.
#[derive(Debug, Clone, Copy)]
pub struct RowPlan<const N: usize> {
    /// By column; fields without a column come last.
    steps: [Step; N],
}

#[derive(Debug, Clone, Copy)]
struct Step {
    column: usize,
    field: usize,
}

const NO_COLUMN: usize = usize::MAX;

impl<const N: usize> RowPlan<N> {
    /// Finds the column of each field of `R`.
    ///
    /// # Errors
    /// When a required one is not there, or one that is there has a type that the field cannot hold.
    pub fn new<R>(columns: &[ColumnSpec], fields: [Field; N]) -> Result<Self, RowMismatch> {
        let mut steps = [Step { column: NO_COLUMN, field: 0 }; N];
        for (at, (step, field)) in steps.iter_mut().zip(&fields).enumerate() {
            // Mostly the two have the same order.
            let is_here = columns.get(at).is_some_and(|column| column.name() == field.name);
            let position = || columns.iter().position(|column| column.name() == field.name);
            let found = if is_here { Some(at) } else { position() };
            if let Some((column, spec)) = found.and_then(|index| Some((index, columns.get(index)?))) {
                (field.check)(spec.column_type())
                    .map_err(|mismatch| RowMismatch::field::<R>(column, spec, field.rust_name, mismatch))?;
            } else if field.is_required {
                return Err(RowMismatch::missing::<R>(field.name, columns));
            }
            *step = Step { column: found.unwrap_or(NO_COLUMN), field: at };
        }
        if !steps.is_sorted_by_key(|step| step.column) {
            steps.sort_unstable_by_key(|step| step.column);
        }
        Ok(RowPlan { steps })
    }

    /// Checks that every column has a field.
    ///
    /// # Errors
    /// When one has none.
    pub fn without_unused<R>(self, columns: &[ColumnSpec]) -> Result<Self, RowMismatch> {
        let is_used = |at: usize| self.steps.iter().any(|step| step.column == at);
        match columns.iter().enumerate().find(|(at, _)| !is_used(*at)) {
            Some((_, unused)) => Err(RowMismatch::unused::<R>(unused)),
            None => Ok(self),
        }
    }

    /// The cells of the next row, in the order of the fields.
    ///
    /// # Errors
    /// When the bytes end within them.
    #[inline]
    pub fn cells<'a>(&self, row: &mut RowReader<'a>) -> Result<[Cell<'a>; N], RowError> {
        let mut cells = [Cell { index: 0, column: None, bytes: None }; N];
        // Columns are counted from where the row stands: behind `[applied]`, say, in the answer to a condition.
        let start = row.index();
        let mut last = Cell { index: 0, column: None, bytes: None };
        let mut passed = 0;
        for step in self.steps.iter().take_while(|step| step.column != NO_COLUMN) {
            while passed <= step.column {
                let (column, bytes) = row.next_cell()?;
                last = Cell { index: start.saturating_add(passed), column: Some(column), bytes };
                passed = passed.saturating_add(1);
            }
            if let Some(cell) = cells.get_mut(step.field) {
                *cell = last;
            }
        }
        Ok(cells)
    }
}

/// What one field of a row is read from.
#[derive(Debug, Clone, Copy)]
pub struct Cell<'a> {
    index: usize,
    column: Option<&'a ColumnSpec>,
    bytes: Option<&'a [u8]>,
}

impl<'a> Cell<'a> {
    /// Reads the cell by that function.
    ///
    /// # Errors
    /// When its bytes cannot be read so.
    #[inline]
    pub fn read<T>(
        self,
        read: impl FnOnce(&'a ColumnType, Option<&'a [u8]>) -> Result<T, DecodeError>,
    ) -> Result<T, RowError> {
        let Some(column) = self.column else { return Err(RowError::no_index(self.index, 0)) };
        read(column.column_type(), self.bytes).map_err(|error| RowError::cell(self.index, column, error))
    }

    /// The same, with a default for a cell that is null and for one that is not there.
    ///
    /// # Errors
    /// When its bytes cannot be read so.
    #[inline]
    pub fn read_or<T>(
        self,
        read: impl FnOnce(&'a ColumnType, Option<&'a [u8]>) -> Result<T, DecodeError>,
        default: impl FnOnce() -> T,
    ) -> Result<T, RowError> {
        if self.bytes.is_none() { Ok(default()) } else { self.read(read) }
    }
}

/// A struct whose fields are bound to the markers of their names.
pub trait BindFields {
    /// How many fields there are, those of flattened structs included. Each has a number below.
    const COUNT: usize;

    /// Appends the value of the field that `marker` names, and returns its number; `None` if no field has that name.
    ///
    /// # Errors
    /// When the value does not fit.
    fn bind_field(
        &self,
        marker: &ColumnSpec,
        values: &mut ValuesWriter<'_>,
    ) -> Result<Option<usize>, BindError>;

    /// Appends every field in its natural type.
    ///
    /// # Errors
    /// When a value cannot be written.
    fn bind_names(&self, values: &mut ValuesWriter<'_>) -> Result<(), BindError>;

    /// Passes the fields' names, in the order of their numbers.
    fn names(&self, each: &mut dyn FnMut(&'static str));
}

/// How many words hold a bit for each of the fields that a struct may have: more than any table should have columns.
const WORDS: usize = 16;

/// Binds the fields to the markers of their names: every marker has a field, and every field a marker.
///
/// # Errors
/// When one has not, or a value does not fit its marker.
pub fn bind_by_name<T: BindFields>(
    fields: &T,
    columns: &[ColumnSpec],
    values: &mut ValuesWriter<'_>,
) -> Result<(), BindError> {
    const { assert!(T::COUNT <= WORDS * 64, "a struct to bind may have 1024 fields") };
    let mut bound = [0_u64; WORDS];
    for column in columns {
        let Some(field) = fields.bind_field(column, values)? else {
            return Err(BindError::no_field::<T>(column, values.count()));
        };
        if let Some(word) = bound.get_mut(field / 64) {
            *word |= 1 << (field % 64);
        }
    }
    let count: u32 = bound.iter().map(|word| word.count_ones()).sum();
    if usize::try_from(count) == Ok(T::COUNT) { Ok(()) } else { Err(unbound(fields, columns)) }
}

#[cold]
fn unbound<T: BindFields>(fields: &T, columns: &[ColumnSpec]) -> BindError {
    let mut unbound = "";
    fields.names(&mut |name| {
        if unbound.is_empty() && !columns.iter().any(|column| column.name() == name) {
            unbound = name;
        }
    });
    BindError::unknown_name(unbound, columns)
}

/// A struct that is written as a user-defined type, field by field.
pub trait UdtFields {
    /// Passes the fields' names.
    fn names(&self, each: &mut dyn FnMut(&'static str));

    /// Writes the field `name`, which is the writer's next, and returns whether there is such a field.
    ///
    /// # Errors
    /// When the value does not fit.
    fn write_field(&self, name: &str, fields: &mut UdtWriter<'_, '_>) -> Result<bool, ValueError>;
}

/// Writes a user-defined value. Fields that only the type has are null.
///
/// # Errors
/// When the type is another one, or lacks a field; when a value does not fit its field.
pub fn write_udt<T: UdtFields>(
    value: &T,
    column_type: &ColumnType,
    out: &mut Vec<u8>,
) -> Result<Encoded, ValueError> {
    let ColumnType::Udt(udt) = column_type else { return Err(ValueError::mismatch::<T>(column_type)) };
    let mut unknown = None;
    value.names(&mut |name| {
        if unknown.is_none() && udt.field_type(name).is_none() {
            unknown = Some(name);
        }
    });
    let mut fields = UdtWriter::new::<T>(column_type, unknown, out)?;
    while let Some(name) = fields.next_field() {
        if !value.write_field(name, &mut fields)? {
            fields.write_null();
        }
    }
    Ok(Encoded::Value)
}

/// Checks that `column_type` is a user-defined type with these fields, for `T`.
///
/// # Errors
/// When it is another type, lacks a required field or has one whose type does not fit.
pub fn check_udt<T>(column_type: &ColumnType, fields: &[Field]) -> Result<(), TypeMismatch> {
    let mismatch = || TypeMismatch::new::<T>(column_type);
    let ColumnType::Udt(udt) = column_type else { return Err(mismatch()) };
    for field in fields {
        match udt.field_type(field.name) {
            Some(field_type) => (field.check)(field_type).map_err(|inner| {
                mismatch().with_note(format!("field `{}`: {inner}", field.name)).caused_by(inner)
            })?,
            None if field.is_required => {
                return Err(mismatch().with_note(format!("it has no field `{}`", field.name)));
            }
            None => {}
        }
    }
    Ok(())
}

/// Checks that `column_type` has no field but these.
///
/// # Errors
/// When it has.
pub fn check_no_more<T>(column_type: &ColumnType, fields: &[Field]) -> Result<(), TypeMismatch> {
    let ColumnType::Udt(udt) = column_type else { return Ok(()) };
    match udt.fields().iter().find(|(name, _)| !fields.iter().any(|field| field.name == &**name)) {
        Some((name, _)) => {
            let note = format!("nothing is there for its field `{name}`");
            Err(TypeMismatch::new::<T>(column_type).with_note(note))
        }
        None => Ok(()),
    }
}

/// The fields of a user-defined value, in the order of `names`.
///
/// # Errors
/// When the value is null, of another type, or ends within a field.
pub fn udt_cells<'a, const N: usize>(
    column_type: &'a ColumnType,
    bytes: Option<&'a [u8]>,
    names: [&'static str; N],
) -> Result<[UdtCell<'a>; N], DecodeError> {
    let mut cells = names.map(|name| UdtCell { name, field_type: None, bytes: None });
    let mut fields = UdtReader::new(column_type, bytes)?;
    let mut next = 0_usize;
    while let Some(field) = fields.next_field()? {
        // Mostly the two have the same order: the next is tried first.
        let is_next = names.get(next).is_some_and(|name| *name == field.name());
        let found = if is_next { Some(next) } else { names.iter().position(|name| *name == field.name()) };
        if let Some((at, cell)) = found.and_then(|at| Some((at, cells.get_mut(at)?))) {
            *cell = UdtCell { field_type: Some(field.field_type()), bytes: field.bytes(), ..*cell };
            next = at.saturating_add(1);
        }
    }
    Ok(cells)
}

/// What one field of a user-defined value is read from.
#[derive(Debug, Clone, Copy)]
pub struct UdtCell<'a> {
    name: &'static str,
    field_type: Option<&'a ColumnType>,
    bytes: Option<&'a [u8]>,
}

impl<'a> UdtCell<'a> {
    /// Reads the field by that function.
    ///
    /// # Errors
    /// When its bytes cannot be read so; the error names the field.
    #[inline]
    pub fn read<T>(
        self,
        read: impl FnOnce(&'a ColumnType, Option<&'a [u8]>) -> Result<T, DecodeError>,
    ) -> Result<T, DecodeError> {
        let Some(field_type) = self.field_type else {
            return Err(DecodeError::new(self.name, 0, Problem::Malformed("the type has no such field")));
        };
        read(field_type, self.bytes)
            .map_err(|error| DecodeError::new(self.name, error.offset(), error.problem().clone()))
    }

    /// The same, with a default for a field that is null and for one that is not there.
    ///
    /// # Errors
    /// When its bytes cannot be read so.
    #[inline]
    pub fn read_or<T>(
        self,
        read: impl FnOnce(&'a ColumnType, Option<&'a [u8]>) -> Result<T, DecodeError>,
        default: impl FnOnce() -> T,
    ) -> Result<T, DecodeError> {
        if self.bytes.is_none() { Ok(default()) } else { self.read(read) }
    }
}

/// A value that functions of the application write: `#[cql(with = …)]`.
#[derive(Debug)]
pub struct With<W, N> {
    write: W,
    natural_type: N,
}

impl<W, N> With<W, N>
where
    W: Fn(&ColumnType, &mut Vec<u8>) -> Result<Encoded, ValueError>,
    N: Fn() -> Option<ColumnType>,
{
    /// By its two functions, which hold the value.
    pub fn new(write: W, natural_type: N) -> Self {
        With { write, natural_type }
    }
}

impl<W, N> ToCql for With<W, N>
where
    W: Fn(&ColumnType, &mut Vec<u8>) -> Result<Encoded, ValueError>,
    N: Fn() -> Option<ColumnType>,
{
    fn to_cql(&self, column_type: &ColumnType, out: &mut Vec<u8>) -> Result<Encoded, ValueError> {
        (self.write)(column_type, out)
    }

    fn natural_type(&self) -> Option<ColumnType> {
        (self.natural_type)()
    }
}

/// Checks that `column_type` is one that `V`, which stands for `T` on the wire, is read from.
///
/// # Errors
/// When it is not; the error names `T`.
pub fn check_as<'a, T, V: FromCql<'a>>(column_type: &ColumnType) -> Result<(), TypeMismatch> {
    V::type_check(column_type).map_err(|_| TypeMismatch::new::<T>(column_type))
}

/// Writes `value`, which stands for a `T` on the wire.
///
/// # Errors
/// When the type is another one; the error names `T`.
pub fn write_as<T, V: ToCql + ?Sized>(
    value: &V,
    column_type: &ColumnType,
    out: &mut Vec<u8>,
) -> Result<Encoded, ValueError> {
    value.to_cql(column_type, out).map_err(|_| ValueError::mismatch::<T>(column_type))
}

/// A stored value that stands for no variant; `variants` says which do.
#[cold]
#[must_use]
pub fn no_variant(rust_name: &'static str, variants: &'static str) -> DecodeError {
    DecodeError::new(rust_name, 0, Problem::Unrepresentable(variants))
}
