"""What dev/python runs against cql-testkit's engine, or against any Cassandra that CQL_CONTACT_POINTS names: the DataStax Python
driver at v3, v4 and v5, and its object mapper cqlengine.
"""
import datetime
import decimal
import ipaddress
import os
import sys
import uuid

from cassandra import ConsistencyLevel, InvalidRequest, AlreadyExists
from cassandra.cluster import Cluster, ExecutionProfile, EXEC_PROFILE_DEFAULT
from cassandra.concurrent import execute_concurrent_with_args
from cassandra.cqlengine import columns, connection, models, usertype
from cassandra.cqlengine.functions import MaxTimeUUID, MinTimeUUID
from cassandra.cqlengine.management import drop_keyspace, create_keyspace_simple, sync_table, sync_type
from cassandra.cqlengine.query import BatchQuery, DoesNotExist, LWTException
from cassandra.policies import RoundRobinPolicy
from cassandra.query import BatchStatement, BatchType, SimpleStatement, ValueSequence, dict_factory
from cassandra.util import Date, Duration, SortedSet, Time, uuid_from_time

POINTS = [point.rsplit(":", 1) for point in os.environ["CQL_CONTACT_POINTS"].split(",")]
HOSTS, PORT = [host for host, _ in POINTS], int(POINTS[0][1])


def equal(found, expected, what):
    if found != expected:
        sys.exit(f"{what}: {found!r}, expected {expected!r}")


def raises(error, words, call):
    try:
        call()
    except error as raised:
        if words not in str(raised):
            sys.exit(f"{words!r} is not in {raised}")
        return raised
    sys.exit(f"no {error.__name__}, {words!r}")


# ---------------------------------------------------------------- the driver

def driver(version):
    profile = ExecutionProfile(load_balancing_policy=RoundRobinPolicy(), request_timeout=30)
    cluster = Cluster(HOSTS, port=PORT, protocol_version=version, execution_profiles={EXEC_PROFILE_DEFAULT: profile})
    session = cluster.connect()
    keyspace = f"python_v{version}"
    session.execute(f"DROP KEYSPACE IF EXISTS {keyspace}")
    session.execute(f"CREATE KEYSPACE {keyspace} WITH replication = {{'class': 'SimpleStrategy', 'replication_factor': 1}}")
    session.set_keyspace(keyspace)
    every_type(cluster, session, keyspace, version)
    rows_and_pages(session)
    conditions(session)
    batches(session)
    schema(cluster, session, keyspace)
    errors(session)
    session.execute(f"DROP KEYSPACE {keyspace}")
    cluster.shutdown()


class Address:
    def __init__(self, street, zips):
        self.street, self.zips = street, zips

    def __eq__(self, other):
        return (self.street, self.zips) == (other.street, other.zips)


def every_type(cluster, session, keyspace, version):
    session.execute("CREATE TYPE address (street text, zips frozen<set<int>>)")
    cluster.register_user_type(keyspace, "address", Address)
    values = {
        "ascii": "abc", "bigint": 1 << 40, "blob": b"\0\xff", "boolean": True, "date": Date(datetime.date(2026, 11, 28)),
        "decimal": decimal.Decimal("-12.340"), "double": 0.1, "duration": Duration(1, 2, 3), "float": 0.5,
        "inet": "2001:db8::1", "int": -7, "smallint": 300, "text": "grüße", "time": Time(12345), "timeuuid": uuid.uuid1(),
        "timestamp": datetime.datetime(2026, 11, 28, 1, 2, 3, 456000), "tinyint": -128, "uuid": uuid.uuid4(), "varint": 1 << 100,
        "list<int>": [3, 1, 2], "set<text>": SortedSet(["b", "a"]), "map<text, int>": {"a": 1, "b": 2},
        "frozen<list<frozen<set<int>>>>": [SortedSet([2, 1]), SortedSet([3])], "tuple<int, text>": (1, "x"),
        "frozen<address>": Address("Main", SortedSet([1, 2])), "address": Address("Side", SortedSet([3])),
    }
    if version >= 4:
        values["vector<float, 3>"] = [0.5, 1.0, -2.0]
    names = [f"c{number}" for number in range(len(values))]
    session.execute("CREATE TABLE types (id int PRIMARY KEY, %s)" % ", ".join(f"{name} {of}" for name, of in zip(names, values)))
    marks = ", ".join("?" for _ in names)
    insert = session.prepare(f"INSERT INTO types (id, {', '.join(names)}) VALUES (?, {marks})")
    session.execute(insert, [1, *values.values()])
    select = session.prepare(f"SELECT {', '.join(names)} FROM types WHERE id = ?")
    for name, of, found in zip(names, values, session.execute(select, [1]).one()):
        equal(list(found) if of.startswith("vector") else found, values[of], of)
    session.execute(insert, [2] + [None] * len(names))
    equal(set(session.execute(select, [2]).one()), {None}, "nulls")


def rows_and_pages(session):
    session.execute("CREATE TABLE readings (p int, c int, s text static, v text, PRIMARY KEY (p, c)) WITH CLUSTERING ORDER BY (c DESC)")
    insert = session.prepare("INSERT INTO readings (p, c, v) VALUES (?, ?, ?)")
    results = execute_concurrent_with_args(session, insert, [(number % 3, number, f"v{number}") for number in range(300)])
    equal(all(result.success for result in results), True, "concurrent inserts")
    select = session.prepare("SELECT c FROM readings WHERE p = ?")
    select.fetch_size = 7
    equal([row.c for row in session.execute(select, [1])], list(range(298, 0, -3)), "pages of seven")
    equal(session.execute("SELECT count(*) FROM readings").one().count, 300, "count")
    statement = SimpleStatement("SELECT p, c FROM readings", fetch_size=11)
    equal(len(list(session.execute(statement))), 300, "the whole table by pages")
    session.execute("UPDATE readings SET s = 'shared' WHERE p = 1")
    row = session.execute("SELECT s, max(c), min(c) FROM readings WHERE p = 1").one()
    equal(tuple(row), ("shared", 298, 1), "a static column and aggregates")
    both = SimpleStatement("SELECT c FROM readings WHERE p IN %s AND c > 290 ORDER BY c ASC", fetch_size=None)
    rows = session.execute(both, (ValueSequence([0, 1]),))
    equal([row.c for row in rows.all()], [291, 292, 294, 295, 297, 298], "IN with an order")
    session.execute("INSERT INTO readings (p, c, v) VALUES (9, 1, 'x') USING TTL 1000 AND TIMESTAMP 12345")
    row = session.execute("SELECT ttl(v), writetime(v) FROM readings WHERE p = 9").one()
    equal((row[0] in (999, 1000), row[1]), (True, 12345), "ttl and writetime")


def conditions(session):
    session.execute("CREATE TABLE accounts (id int PRIMARY KEY, owner text, sum int)")
    insert = "INSERT INTO accounts (id, owner, sum) VALUES (1, 'ada', 10) IF NOT EXISTS"
    equal(session.execute(insert).was_applied, True, "insert")
    result = session.execute(insert)
    equal((result.was_applied, tuple(result.one())), (False, (False, 1, "ada", 10)), "insert again")
    update = session.prepare("UPDATE accounts SET sum = ? WHERE id = 1 IF sum = ?")
    equal(session.execute(update, (20, 11)).one().sum, 10, "update with another value")
    equal(session.execute(update, (20, 10)).was_applied, True, "update")
    equal(session.execute("DELETE FROM accounts WHERE id = 1 IF EXISTS").was_applied, True, "delete")
    equal(session.execute("DELETE FROM accounts WHERE id = 1 IF EXISTS").was_applied, False, "delete again")


def batches(session):
    session.execute("CREATE TABLE hits (page text PRIMARY KEY, n counter)")
    batch = BatchStatement()
    insert = session.prepare("INSERT INTO accounts (id, owner) VALUES (?, ?)")
    for number in range(5):
        batch.add(insert, (number, f"owner {number}"))
    batch.add("DELETE FROM accounts WHERE id = 4")
    session.execute(batch)
    equal(session.execute("SELECT count(*) FROM accounts").one().count, 4, "a batch")
    counted = BatchStatement(batch_type=BatchType.COUNTER)
    for page in ("a", "b", "a"):
        counted.add("UPDATE hits SET n = n + 1 WHERE page = %s", (page,))
    session.execute(counted)
    equal({row.page: row.n for row in session.execute("SELECT * FROM hits")}, {"a": 2, "b": 1}, "counters")
    conditional = BatchStatement()
    conditional.add("INSERT INTO accounts (id, owner) VALUES (0, 'x') IF NOT EXISTS")
    equal(session.execute(conditional).was_applied, False, "a conditional batch")


def schema(cluster, session, keyspace):
    session.execute("CREATE INDEX ON accounts (owner)")
    cluster.refresh_schema_metadata()
    found = cluster.metadata.keyspaces[keyspace]
    table = found.tables["readings"]
    equal([column.name for column in table.partition_key], ["p"], "partition key")
    equal([(column.name, column.is_reversed) for column in table.clustering_key], [("c", True)], "clustering key")
    equal({name: (column.cql_type, column.is_static) for name, column in table.columns.items()},
          {"p": ("int", False), "c": ("int", False), "s": ("text", True), "v": ("text", False)}, "columns")
    equal(list(found.tables["accounts"].indexes), ["accounts_owner_idx"], "indexes")
    equal(found.user_types["address"].field_types, ["text", "frozen<set<int>>"], "a user-defined type")
    text = found.export_as_string()
    for words in ("CREATE TABLE %s.readings" % keyspace, "CLUSTERING ORDER BY (c DESC)", "CREATE TYPE %s.address" % keyspace):
        equal(words in text, True, words)
    session.execute("ALTER TABLE accounts ADD country text")
    equal("country" in cluster.metadata.keyspaces[keyspace].tables["accounts"].columns, True, "a column that was added")
    equal([row.owner for row in session.execute("SELECT * FROM accounts WHERE owner = 'owner 2'")], ["owner 2"], "an index")
    rows = session.execute("SELECT JSON id, owner FROM accounts WHERE id = 2")
    equal(rows.one()[0], '{"id": 2, "owner": "owner 2"}', "JSON")
    traced = session.execute(SimpleStatement("SELECT * FROM accounts"), trace=True)
    equal(traced.get_query_trace(max_wait_sec=10).request_type, "Execute CQL3 query", "a trace")


def errors(session):
    raises(InvalidRequest, "table nowhere does not exist", lambda: session.execute("SELECT * FROM nowhere"))
    raises(InvalidRequest, "Undefined column name nope", lambda: session.execute("SELECT nope FROM accounts"))
    raises(AlreadyExists, "accounts", lambda: session.execute("CREATE TABLE accounts (id int PRIMARY KEY)"))
    raises(InvalidRequest, "ALLOW FILTERING", lambda: session.execute("SELECT * FROM accounts WHERE sum = 1"))
    raises(Exception, "line 1:", lambda: session.execute("SELEC * FROM accounts"))


# ---------------------------------------------------------------- the mapper

class Street(usertype.UserType):
    name = columns.Text()
    number = columns.Integer()


class Person(models.Model):
    id = columns.UUID(primary_key=True, default=uuid.uuid4)
    name = columns.Text(index=True)
    age = columns.Integer()
    tags = columns.Set(columns.Text)
    words = columns.List(columns.Text)
    scores = columns.Map(columns.Text, columns.Integer)
    home = columns.UserDefinedType(Street)
    born = columns.DateTime()
    wealth = columns.Decimal()


class Message(models.Model):
    room = columns.Text(partition_key=True)
    at = columns.TimeUUID(primary_key=True, clustering_order="DESC")
    topic = columns.Text(static=True)
    text = columns.Text()


class Hit(models.Model):
    page = columns.Text(primary_key=True)
    day = columns.Integer(primary_key=True)
    count = columns.Counter()


class Pet(models.Model):
    __table_name__ = "pet"
    owner = columns.Text(primary_key=True)
    name = columns.Text(primary_key=True)
    kind = columns.Text(discriminator_column=True, index=True)


class Cat(Pet):
    __discriminator_value__ = "cat"
    lives = columns.Integer()


class Dog(Pet):
    __discriminator_value__ = "dog"
    tricks = columns.List(columns.Text)


def mapper(version):
    keyspace = f"cqlengine_v{version}"
    connection.setup(HOSTS, keyspace, protocol_version=version, port=PORT, retry_connect=True)
    drop_keyspace(keyspace)
    create_keyspace_simple(keyspace, 1)
    sync_type(keyspace, Street)
    for model in (Person, Message, Hit, Pet, Cat, Dog):
        sync_table(model)
    for model in (Person, Message, Hit):  # nothing to do
        sync_table(model)
    people()
    messages()
    counters()
    polymorphism()
    drop_keyspace(keyspace)
    connection.unregister_connection("default")


def people():
    ada = Person.create(name="Ada", age=36, tags={"math", "poetry"}, words=["a", "b"], scores={"x": 1},
                        home=Street(name="Main", number=7), born=datetime.datetime(1815, 12, 10), wealth=decimal.Decimal("1.50"))
    found = Person.get(id=ada.id)
    equal((found.name, found.tags, found.words, found.scores, found.home.number, found.born, found.wealth),
          ("Ada", {"math", "poetry"}, ["a", "b"], {"x": 1}, 7, datetime.datetime(1815, 12, 10), decimal.Decimal("1.50")), "a person")
    found.age, found.words = 37, ["z"] + found.words + ["c"]
    found.tags.add("chess")
    found.scores["y"] = 2
    found.save()
    Person.filter(id=ada.id).update(scores__update={"z": 3}, tags__remove={"poetry"}, words__append=["d"])
    again = Person.get(id=ada.id)
    equal((again.age, again.words, again.tags, again.scores),
          (37, ["z", "a", "b", "c", "d"], {"math", "chess"}, {"x": 1, "y": 2, "z": 3}), "a person that was changed")
    equal([person.id for person in Person.filter(name="Ada")], [ada.id], "by an index")
    raises(LWTException, "", lambda: Person.if_not_exists().create(id=ada.id, name="Eve"))
    raises(LWTException, "", lambda: Person.filter(id=ada.id).iff(age=1).update(name="Eve"))
    Person.filter(id=ada.id).iff(age=37).update(name="Ada L.")
    with BatchQuery() as batch:
        bob = Person.batch(batch).create(name="Bob", age=1)
        Person.filter(id=ada.id).batch(batch).update(age=38)
    equal(sorted(person.age for person in Person.all()), [1, 38], "after a batch")
    equal(Person.objects.count(), 2, "count")
    Person.ttl(1000).create(name="Short", age=5)
    equal(Person.filter(age=5).allow_filtering().first().name, "Short", "by filtering")
    Person.timestamp(datetime.timedelta(seconds=5)).create(id=bob.id, name="Later")
    bob.delete()
    raises(DoesNotExist, "", lambda: Person.get(id=uuid.uuid4()))
    equal(dict(Person.objects.values_list("id", "age"))[ada.id], 38, "values_list")
    ada.home = None
    ada.save()


def messages():
    times = [datetime.datetime(2026, 1, 1, hour) for hour in range(10)]
    for number, time in enumerate(times):
        Message.create(room="r", at=uuid_from_time(time), topic="rust", text=f"m{number}")
    equal([message.text for message in Message.filter(room="r").limit(3)], ["m9", "m8", "m7"], "the newest")
    equal([message.text for message in Message.filter(room="r").order_by("at").limit(2)], ["m0", "m1"], "the oldest")
    between = Message.filter(room="r", at__gt=MaxTimeUUID(times[2]), at__lt=MinTimeUUID(times[5]))
    equal([message.text for message in between], ["m4", "m3"], "between two times")
    equal({message.topic for message in Message.filter(room="r")}, {"rust"}, "a static column")
    Message.filter(room="r", at=uuid_from_time(times[0])).delete()
    equal(len(Message.filter(room="r")), 10, "a delete of another node's UUID")
    equal([message.text for message in Message.filter(room__in=["r", "s"]).limit(1)], ["m9"], "IN")


def counters():
    for _ in range(3):
        Hit.filter(page="home", day=1).update(count=2)
    hit = Hit.get(page="home", day=1)
    hit.count -= 1
    hit.save()
    equal(Hit.get(page="home", day=1).count, 5, "a counter")


def polymorphism():
    Cat.create(owner="ada", name="Tom", lives=9)
    Dog.create(owner="ada", name="Rex", tricks=["sit"])
    equal([(type(pet).__name__, pet.name) for pet in Pet.filter(owner="ada")], [("Dog", "Rex"), ("Cat", "Tom")], "pets")
    equal([cat.lives for cat in Cat.filter(owner="ada").allow_filtering()], [9], "cats")


def main():
    os.environ["CQLENG_ALLOW_SCHEMA_MANAGEMENT"] = "1"
    for version in (3, 4, 5):
        driver(version)
        mapper(version)
        print(f"dev/python: the driver and cqlengine at v{version} on what answers at {HOSTS[0]}:{PORT}")


if __name__ == "__main__":
    main()
