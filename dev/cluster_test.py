#!/usr/bin/env python3
"""What `dev/cluster` promises of `run`: its status, several side by side, and nothing left behind."""
import importlib.machinery
import importlib.util
import os
import signal
import subprocess
import tempfile
import time
import types
import unittest
from unittest import mock

CLUSTER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "cluster")


def start(*words, **options):
    return subprocess.Popen([CLUSTER, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True, **options)


def call(*words):
    child = start(*words)
    out, err = child.communicate(timeout=240)
    return child.returncode, out, err


def lives(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rsplit(")", 1)[1].split()[0] != "Z"


def recorded_pids(home):
    found = []
    for path in (home + "/node1/pid", home + "/command.pid"):
        with open(path) as file:
            found.append(int(file.read().split()[0]))
    return found


class Refusals(unittest.TestCase):
    def test_unknown_option(self):
        status, _, err = call("run", "--nodez", "3", "--", "true")
        self.assertEqual(status, 2)
        self.assertIn("--nodez", err)

    def test_unknown_release(self):
        status, _, err = call("run", "--version", "five", "--", "true")
        self.assertEqual(status, 2)
        self.assertIn("known: 2.1", err)

    def test_command_that_does_not_exist(self):
        status, _, err = call("run", "--", "no-such-command")
        self.assertEqual(status, 125)
        self.assertIn("no-such-command", err)


def tool():
    loader = importlib.machinery.SourceFileLoader("cluster", CLUSTER)
    found = importlib.util.module_from_spec(importlib.util.spec_from_loader("cluster", loader))
    with mock.patch("sys.dont_write_bytecode", True):
        loader.exec_module(found)
    return found


class TornGossip:
    """Three nodes that take CQL; the first does not see the second until it has been started again."""
    start_limit = 2

    def __init__(self, told):
        self.told, self.started = told, []

    def running(self, _):
        return True

    def paused(self, _):
        return False

    def log(self, node):
        return ["INFO  [main] all is well"] + [self.told] * (node.index == 1)

    def stop(self, node, kill):
        self.started.append(("stop", node.index, kill))

    def launch(self, node):
        self.started.append(("launch", node.index))

    def view(self, _, node):
        seen = {f"127.0.0.{index}": "schema" for index in (1, 2, 3)}
        if node.index == 1 and not self.started:
            del seen["127.0.0.2"]
        return "5.0.6", seen


class Starts(unittest.TestCase):
    def wait(self, servers):
        cluster = tool()
        nodes = [types.SimpleNamespace(index=index, ip=f"127.0.0.{index}") for index in (1, 2, 3)]
        with mock.patch.multiple(cluster, GOSSIP_PATIENCE=0.2, view=servers.view, say=lambda _: None):
            cluster.wait_ready(types.SimpleNamespace(nodes=lambda: nodes, servers=lambda: servers), nodes)

    def test_a_node_whose_gossip_failed_is_started_again_once(self):
        servers = TornGossip("ERROR [GossipStage:1] 2026-11-27 23:48:17,945 JVMStabilityInspector.java:70 - Exception")
        self.wait(servers)
        self.assertEqual(servers.started, [("stop", 1, True), ("launch", 1)])

    def test_a_cluster_that_does_not_agree_for_another_reason_is_told_of(self):
        servers = TornGossip("ERROR [MigrationStage:1] 2026-11-27 23:48:17,945 Another.java:70 - Exception")
        with self.assertRaisesRegex(Exception, "not ready after 2 s"):
            self.wait(servers)
        self.assertEqual(servers.started, [])


class Runs(unittest.TestCase):
    """With Java, whatever else is here: processes can be looked at, containers less so."""

    def test_side_by_side_with_their_own_status_and_addresses(self):
        script = 'echo $CQL_CONTACT_POINTS; "$CQL_CLUSTER_TOOL" status; exit '
        children = [start("run", "--with", "java", "--", "sh", "-c", script + status) for status in ("7", "0")]
        told = [child.communicate(timeout=240)[0].splitlines() for child in children]
        self.assertEqual([child.returncode for child in children], [7, 0])
        self.assertNotEqual(told[0][0], told[1][0])
        for contact, status in told:
            self.assertIn(f"{contact} dc1/rack1 up, Cassandra 5.0.", status)

    def test_a_server_that_does_not_start_is_told_of(self):
        with tempfile.TemporaryDirectory() as home:
            status, _, err = call("run", "--with", "java", "--dir", home, "--set", "no_such_setting=1", "--", "true")
        self.assertEqual(status, 125)
        self.assertIn("no_such_setting", err)

    def test_a_folder_with_a_cluster_is_refused_and_left_alone(self):
        with tempfile.TemporaryDirectory() as home:
            child = start("run", "--with", "java", "--dir", home, "--", "sh", "-c", f"{CLUSTER} run --dir {home} -- true;"
                          f" {CLUSTER} up --dir {home}; {CLUSTER} status")
            out, err = child.communicate(timeout=240)
            self.assertEqual(err.count("holds a cluster already"), 2)
            self.assertIn("up, Cassandra 5.0.", out)

    def interrupt_run(self, number):
        """The recorded pids after a signal to a run whose command started and would go on."""
        with tempfile.TemporaryDirectory() as home:
            child = start("run", "--with", "java", "--dir", home, "--", "sh", "-c", "echo started; sleep 300; true")
            self.assertEqual(child.stdout.readline(), "started\n")
            pids = recorded_pids(home)
            self.assertTrue(all(map(lives, pids)))
            child.send_signal(number)
            child.communicate(timeout=60)
            until = time.monotonic() + 20
            while any(map(lives, pids)) and time.monotonic() < until:
                time.sleep(0.1)
            self.assertFalse(any(map(lives, pids)))
            return child.returncode

    def test_nothing_is_left_after_sigterm(self):
        self.assertEqual(self.interrupt_run(signal.SIGTERM), 128 + signal.SIGTERM)

    def test_nothing_is_left_after_sigkill(self):
        self.assertEqual(self.interrupt_run(signal.SIGKILL), -signal.SIGKILL)


if __name__ == "__main__":
    unittest.main()
