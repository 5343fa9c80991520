//! Models in one table that do not go together, and what cannot be asked of them.

use cql_mapper::prelude::*;
use uuid::Uuid;

// 1: the key has another type
mod keys_differ {
    use super::*;

    #[derive(Model)]
    #[cql(variant_of = Pet)]
    struct Cat {
        #[cql(partition_key)]
        owner: Uuid,
        #[cql(clustering_key)]
        id: TimeUuid,
    }

    #[derive(Model)]
    #[cql(variant_of = Pet)]
    struct Dog {
        #[cql(partition_key)]
        owner: Uuid,
        #[cql(clustering_key)]
        id: Uuid,
    }

    #[derive(PolymorphicModel)]
    #[cql(keyspace = "app", discriminator(column = "kind"))]
    enum Pet {
        Cat(Cat),
        Dog(Dog),
    }
}

// 2: a column of the same name and another type
mod columns_differ {
    use super::*;

    #[derive(Model)]
    #[cql(variant_of = Pet)]
    struct Cat {
        #[cql(partition_key)]
        id: i32,
        weight: f32,
    }

    #[derive(Model)]
    #[cql(variant_of = Pet)]
    struct Dog {
        #[cql(partition_key)]
        id: i32,
        weight: f64,
    }

    #[derive(PolymorphicModel)]
    #[cql(discriminator(column = "kind"))]
    enum Pet {
        Cat(Cat),
        Dog(Dog),
    }
}

// 3: a struct that does not know its enum
mod unknown_enum {
    use super::*;

    #[derive(Model)]
    struct Cat {
        #[cql(partition_key)]
        id: i32,
    }

    #[derive(PolymorphicModel)]
    #[cql(discriminator(column = "kind"))]
    enum Pet {
        Cat(Cat),
    }
}

// 4: an enum that does not know its struct
mod unknown_struct {
    use super::*;

    #[derive(Model)]
    #[cql(variant_of = Pet)]
    struct Cat {
        #[cql(partition_key)]
        id: i32,
    }

    #[derive(Model)]
    #[cql(variant_of = Pet)]
    struct Dog {
        #[cql(partition_key)]
        id: i32,
    }

    #[derive(PolymorphicModel)]
    #[cql(discriminator(column = "kind"))]
    enum Pet {
        Cat(Cat),
    }
}

mod pets {
    use super::*;

    #[derive(Model)]
    #[cql(variant_of = Pet)]
    pub struct Cat {
        #[cql(partition_key)]
        pub id: i32,
        pub name: String,
    }

    #[derive(PolymorphicModel)]
    #[cql(keyspace = "app", discriminator(column = "kind"))]
    pub enum Pet {
        Cat(Cat),
    }
}
use pets::{Cat, Pet};

fn uses(pet: Pet) {
    // 5
    let _ = Cat::objects();
    // 6
    let _ = pet.insert();
    // 7
    let _ = Pet::update(1).set(Pet.kind.to("dog"));
    // 8
    let _ = Cat::update(1).set(Pet.kind.to("dog"));
    // 9
    let _ = Pet::objects().filter(Pet.kind.eq("cat"));
}

// 10, 11, 12, 13, 14, 15
#[derive(PolymorphicModel)]
#[cql(discriminator(colunm = "kind"))]
enum Misspelt {
    Cat(Cat),
}

#[derive(PolymorphicModel)]
#[cql(discriminator(column = "kind", repr = "int"))]
enum Numbers {
    Cat(Cat),
    #[cql(value = "two")]
    Dog(Cat),
}

#[derive(PolymorphicModel)]
#[cql(discriminator(column = "kind"))]
enum Same {
    #[cql(value = "cat")]
    One(Cat),
    Cat(Cat),
    Named { cat: Cat },
}

#[derive(PolymorphicModel)]
#[cql(discriminator(column = "kind"))]
struct NoEnum {
    id: i32,
}

// 16
#[derive(Model)]
#[cql(variant_of = Pet, table = "cats")]
struct OtherTable {
    #[cql(partition_key)]
    id: i32,
}

fn main() {}
