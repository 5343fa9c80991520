//! `dev/cluster`, for tests that stop and start nodes.

use crate::environment::environment;
use tokio::process::Command;

/// The script that started the cluster.
#[derive(Debug)]
#[non_exhaustive]
pub struct ClusterTool;

impl ClusterTool {
    /// Runs it: `["stop", "3"]`.
    ///
    /// # Panics
    /// When it fails.
    pub async fn run(arguments: &[&str]) -> String {
        let tool = environment("CQL_CLUSTER_TOOL").expect("CQL_CLUSTER_TOOL is set by dev/cluster");
        let output = Command::new(tool).args(arguments).output().await.expect("the script starts");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "dev/cluster {arguments:?}: {told}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Has one node execute a statement; the rows as lines.
    ///
    /// # Panics
    /// When it fails.
    pub async fn cql(node: usize, statement: &str) -> String {
        Self::run(&["cql", &node.to_string(), statement]).await
    }
}
