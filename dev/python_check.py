"""What the DataStax Python driver makes of cql-testkit's nodes; run by dev/python in its virtual environment."""
import subprocess
import sys
import threading
import uuid

from cassandra import ConsistencyLevel, InvalidRequest, Unavailable
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile, NoHostAvailable
from cassandra.connection import DefaultEndPoint
from cassandra.io.asyncioreactor import AsyncioConnection
from cassandra.policies import FallthroughRetryPolicy, RoundRobinPolicy
from cassandra.query import BatchStatement, SimpleStatement, dict_factory

INSERT = "INSERT INTO app.things (id, name, data, uid) VALUES (?, ?, ?, ?)"
SELECT = "SELECT * FROM app.things WHERE id = ?"


def equal(what, got, expected):
    if got != expected:
        sys.exit(f"{what}: expected {expected!r}, got {got!r}")
    print(f"  ok {what}", flush=True)


class Served:
    """The example `serve`, for as long as it is needed."""

    def __init__(self, program, *arguments):
        self.process = subprocess.Popen([program, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.points = [point.rsplit(":", 1) for point in self.process.stdout.readline().split()]

    def tell(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        equal(f"command {command}", self.process.stdout.readline().strip(), f"done {command}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(10)

    def cluster(self, version, **options):
        profile = ExecutionProfile(load_balancing_policy=RoundRobinPolicy(), row_factory=dict_factory,
                                   retry_policy=FallthroughRetryPolicy(), request_timeout=5)
        points = [DefaultEndPoint(address, int(port)) for address, port in self.points]
        return Cluster(points, protocol_version=version, connection_class=AsyncioConnection,
                       execution_profiles={EXEC_PROFILE_DEFAULT: profile}, **options)


def check(served, version, compression):
    print(f"protocol v{version}, compression {compression}", flush=True)
    with served.cluster(version, compression=compression) as cluster:
        session = cluster.connect()
        hosts = sorted((host.endpoint.port, host.datacenter, host.rack) for host in cluster.metadata.all_hosts())
        equal("hosts", hosts, sorted((int(port), "dc1", "rack1") for _, port in served.points))
        equal("tokens", len(cluster.metadata.token_map.ring), 3)
        table = cluster.metadata.keyspaces["app"].tables["things"]
        equal("columns", [(name, column.cql_type) for name, column in sorted(table.columns.items())],
              [("counts", "map<text, bigint>"), ("data", "blob"), ("id", "int"), ("name", "text"),
               ("numbers", "list<int>"), ("uid", "uuid")])
        equal("key", [column.name for column in table.partition_key], ["id"])
        row = session.execute("SELECT * FROM app.things").one()
        equal("row", {**row, "counts": dict(row["counts"])},
              {"id": 5, "name": "five", "data": b"\0\xff", "uid": uuid.UUID(int=7), "numbers": [1, 2, 3],
               "counts": {"a": 1 << 40}})
        check_statements(session, served, version)
        check_outcomes(session, version)


def check_statements(session, served, version):
    insert, select = session.prepare(INSERT), session.prepare(SELECT)
    for name in ["Grüße", None]:
        uid = uuid.uuid4()
        session.execute(insert, (version, name, b"\x01\x02", uid))
        row = session.execute(select, (version,)).one()
        equal("bound values", (row["id"], row["name"], row["data"], row["uid"]), (version, name, b"\x01\x02", uid))
    served.tell("forget")
    equal("a forgotten statement", session.execute(select, (version,)).one()["id"], version)
    pages = session.execute(SimpleStatement("SELECT v FROM app.pages", fetch_size=3))
    equal("more pages", pages.has_more_pages, True)
    equal("pages", [row["v"] for row in pages], list(range(9)))
    batch = BatchStatement()
    batch.add(insert, (1, "one", b"", uuid.uuid4()))
    batch.add(SimpleStatement("INSERT INTO app.things (id) VALUES (2)"))
    equal("batch", session.execute(batch).one(), None)


def check_outcomes(session, version):
    lwt = "INSERT INTO app.things (id) VALUES (5) IF NOT EXISTS"
    session.execute(lwt)
    outcome = session.execute(lwt)
    equal("not applied", (outcome.was_applied, outcome.one()["id"]), (False, 5))
    future = session.execute_async("SELECT v FROM app.warned")
    future.result()
    if version >= 4:
        equal("warnings and payload", (future.warnings, future.custom_payload), (["think twice"], {"k": b"v"}))
    traced = session.execute_async("SELECT v FROM app.traced")
    traced.result()
    equal("trace", traced._query_traces[0].trace_id, uuid.UUID(int=9))
    for statement, error in [("SELECT v FROM app.invalid", InvalidRequest), ("SELECT v FROM app.unavailable", Unavailable)]:
        try:
            session.execute(statement)
            sys.exit(f"{statement}: no error")
        except error as told:
            equal(error.__name__, isinstance(told, error), True)
            if error is Unavailable:
                equal("its fields", (told.consistency, told.required_replicas, told.alive_replicas),
                      (ConsistencyLevel.QUORUM, 2, 1))


def check_events(served):
    print("events", flush=True)
    with served.cluster(5) as cluster:
        cluster.connect()
        down = threading.Event()
        cluster.control_connection._handle_status_change = lambda event: down.set()
        cluster.control_connection._connection.register_watchers(
            {"STATUS_CHANGE": cluster.control_connection._handle_status_change})
        served.tell("down")
        equal("a node that is said to be down", down.wait(10), True)


def check_passwords(program):
    print("passwords", flush=True)
    with Served(program, "secure") as served:
        for password, expected in [("secret", True), ("wrong", False)]:
            with served.cluster(5, auth_provider=PlainTextAuthProvider("ada", password)) as cluster:
                try:
                    cluster.connect()
                    equal("let in", True, expected)
                except NoHostAvailable as refused:
                    equal("refused", "AuthenticationFailed" in str(refused), not expected)


def main():
    program = sys.argv[1]
    with Served(program) as served:
        for version in (3, 4, 5):
            for compression in (False, "lz4"):
                check(served, version, compression)
        check_events(served)
    check_passwords(program)


if __name__ == "__main__":
    main()
