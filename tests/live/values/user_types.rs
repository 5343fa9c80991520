//! User-defined types: nested, with nulls, and changed under the values that are there.

use super::{Column, for_each_version};
use cql_driver::Session;
use cql_driver::error::Error;
use cql_driver::types::ColumnType;
use cql_driver::value::{
    CqlUdt, CqlValue, Encoded, FromCql, ToCql, TypeMismatch, UdtReader, UdtWriter, ValueError,
};
use cql_protocol::DecodeError;
use cql_tests::{Capability, Database, live, live_with};

/// `city text, zip int`.
#[derive(Debug, Clone, PartialEq, Default)]
struct Address {
    city: Option<String>,
    zip: Option<i32>,
}

impl Address {
    fn new(city: &str, zip: impl Into<Option<i32>>) -> Self {
        Address { city: Some(city.to_owned()), zip: zip.into() }
    }
}

impl ToCql for Address {
    fn to_cql(&self, column_type: &ColumnType, out: &mut Vec<u8>) -> Result<Encoded, ValueError> {
        let mut fields = UdtWriter::new::<Self>(column_type, ["city", "zip"], out)?;
        while let Some(name) = fields.next_field() {
            match name {
                "city" => fields.write(&self.city)?,
                "zip" => fields.write(&self.zip)?,
                _ => fields.write_null(),
            }
        }
        Ok(Encoded::Value)
    }

    fn natural_type(&self) -> Option<ColumnType> {
        None
    }
}

impl<'a> FromCql<'a> for Address {
    fn type_check(column_type: &ColumnType) -> Result<(), TypeMismatch> {
        UdtReader::check_field::<Self, Option<String>>(column_type, "city")?;
        UdtReader::check_field::<Self, Option<i32>>(column_type, "zip")
    }

    fn from_cql(column_type: &'a ColumnType, bytes: Option<&'a [u8]>) -> Result<Self, DecodeError> {
        let mut fields = UdtReader::new(column_type, bytes)?;
        let mut address = Address::default();
        while let Some(field) = fields.next_field()? {
            match field.name() {
                "city" => address.city = field.read()?,
                "zip" => address.zip = field.read()?,
                _ => {}
            }
        }
        Ok(address)
    }
}

/// `name text, home frozen<address>, others list<frozen<address>>`.
#[derive(Debug, Clone, PartialEq, Default)]
struct Person {
    name: Option<String>,
    home: Option<Address>,
    others: Option<Vec<Address>>,
}

impl ToCql for Person {
    fn to_cql(&self, column_type: &ColumnType, out: &mut Vec<u8>) -> Result<Encoded, ValueError> {
        let mut fields = UdtWriter::new::<Self>(column_type, ["name", "home", "others"], out)?;
        while let Some(name) = fields.next_field() {
            match name {
                "name" => fields.write(&self.name)?,
                "home" => fields.write(&self.home)?,
                "others" => fields.write(&self.others)?,
                _ => fields.write_null(),
            }
        }
        Ok(Encoded::Value)
    }

    fn natural_type(&self) -> Option<ColumnType> {
        None
    }
}

impl<'a> FromCql<'a> for Person {
    fn type_check(column_type: &ColumnType) -> Result<(), TypeMismatch> {
        UdtReader::check_field::<Self, Option<String>>(column_type, "name")?;
        UdtReader::check_field::<Self, Option<Address>>(column_type, "home")?;
        UdtReader::check_field::<Self, Option<Vec<Address>>>(column_type, "others")
    }

    fn from_cql(column_type: &'a ColumnType, bytes: Option<&'a [u8]>) -> Result<Self, DecodeError> {
        let mut fields = UdtReader::new(column_type, bytes)?;
        let mut person = Person::default();
        while let Some(field) = fields.next_field()? {
            match field.name() {
                "name" => person.name = field.read()?,
                "home" => person.home = field.read()?,
                "others" => person.others = field.read()?,
                _ => {}
            }
        }
        Ok(person)
    }
}

async fn table(db: &Database) -> String {
    db.user_type("address", "(city text, zip int)").await;
    let fields = "(name text, home frozen<address>, others frozen<list<frozen<address>>>)";
    db.user_type("person", fields).await;
    let columns = "(k text PRIMARY KEY, address frozen<address>, addresses list<frozen<address>>, \
                   person frozen<person>)";
    db.table("user_types", columns).await
}

#[test]
fn user_types_are_what_their_literals_say() {
    live(async |db| {
        let table = table(db).await;
        for_each_version(db, async |session: &Session| {
            let column = |name| Column { db, session, table: &table, name };
            column("address").check("{city: 'Oslo', zip: 150}", Address::new("Oslo", 150)).await;
            column("address").check("{zip: null, city: 'Oslo'}", Address::new("Oslo", None)).await;
            column("address").check("{city: 'Oslo'}", Address::new("Oslo", None)).await;
            let addresses = vec![Address::new("Oslo", 1), Address::default()];
            let literal = "[{city: 'Oslo', zip: 1}, {city: null, zip: null}]";
            column("addresses").check(literal, addresses).await;
            let person = Person {
                name: Some("Ada".to_owned()),
                home: Some(Address::new("London", 7)),
                others: Some(vec![Address::new("Oslo", None)]),
            };
            let literal = "{name: 'Ada', home: {city: 'London', zip: 7}, others: [{city: 'Oslo'}]}";
            column("person").check(literal, person).await;
            column("person").check("{name: null}", Person::default()).await;
        })
        .await;
    });
}

#[test]
fn dynamic_user_values_have_their_fields_by_name() {
    live(async |db| {
        let table = table(db).await;
        let column = Column { db, session: db.session(), table: &table, name: "address" };
        column.write_literal("dynamic fields", "{city: 'Oslo', zip: 150}").await;
        let CqlValue::Udt(read) = column.read::<CqlValue>("dynamic fields").await else {
            panic!("not a user-defined type")
        };
        assert_eq!(read.field("city"), Some(&"Oslo".into()));
        assert_eq!(read.field("zip"), Some(&150.into()));
        assert_eq!(read.field("street"), None);
    });
}

#[test]
fn values_older_than_a_field_of_their_type_read_it_as_null() {
    live(async |db| {
        db.user_type("growing", "(city text, zip int)").await;
        let table = db.table("growing_values", "(k text PRIMARY KEY, v frozen<growing>)").await;
        let column = Column { db, session: db.session(), table: &table, name: "v" };
        let old = Address::new("Oslo", 150);
        column.write("old", &old).await;
        let before = column.read::<CqlValue>("old").await;
        db.alter(&format!("ALTER TYPE {}.growing ADD street text", db.keyspace())).await;

        assert_eq!(column.read::<Address>("old").await, old, "read as before");
        column.write("written as before", &old).await;
        assert_eq!(column.read::<Address>("written as before").await, old);
        column.write_literal("new", "{city: 'Bergen', zip: 5, street: 'Kai'}").await;
        assert_eq!(column.read::<Address>("new").await, Address::new("Bergen", 5));
        column.write("dynamic, as before", &before).await;
        assert_eq!(column.read::<Address>("dynamic, as before").await, old);

        // A session that has not seen the type as it was.
        let fresh = db.session_of(db.session().protocol_version()).await;
        let column = Column { session: &fresh, ..column };
        assert_eq!(column.read::<Address>("old").await, old);
        let CqlValue::Udt(read) = column.read::<CqlValue>("old").await else { panic!("not user-defined") };
        assert_eq!(read.field("street"), Some(&CqlValue::Null), "{read:?}");
        let CqlValue::Udt(read) = column.read::<CqlValue>("new").await else { panic!("not user-defined") };
        assert_eq!(read.field("street"), Some(&"Kai".into()), "{read:?}");
        column.write("whole", &CqlValue::from(whole(&read, "Torg").unwrap())).await;
        let CqlValue::Udt(read) = column.read::<CqlValue>("whole").await else { panic!("not user-defined") };
        assert_eq!(read.field("street"), Some(&"Torg".into()));
        fresh.close().await;
    });
}

fn whole(like: &CqlUdt, street: &str) -> Result<CqlUdt, Error> {
    let values = ["Bergen".into(), 5.into(), street.into()];
    CqlUdt::new(like.udt_type().clone(), values)
        .map_err(|error| cql_driver::error::ErrorKind::Invalid(error.to_string()).into())
}

#[test]
fn fields_are_changed_one_by_one_where_the_type_is_not_frozen() {
    live_with(&[Capability::FieldUpdates], async |db| {
        db.user_type("melted", "(city text, zip int)").await;
        let table = db.table("melted_values", "(k text PRIMARY KEY, v melted)").await;
        let column = Column { db, session: db.session(), table: &table, name: "v" };
        column.check("{city: 'Oslo', zip: 1}", Address::new("Oslo", 1)).await;
        column.write("field", &Address::new("Oslo", 1)).await;
        let update = db.session().prepare(format!("UPDATE {table} SET v.zip = ? WHERE k = ?")).await.unwrap();
        db.session().execute(&update, (2, column.key("field"))).await.unwrap();
        assert_eq!(column.read::<Address>("field").await, Address::new("Oslo", 2));
    });
}
