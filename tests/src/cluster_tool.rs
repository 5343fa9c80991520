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
        match Self::try_run(arguments).await {
            Ok(told) => told,
            Err(told) => panic!("dev/cluster {arguments:?}: {told}"),
        }
    }

    /// Runs it; what it said when it failed.
    ///
    /// # Errors
    /// When it fails.
    ///
    /// # Panics
    /// When it is not there.
    pub async fn try_run(arguments: &[&str]) -> Result<String, String> {
        let tool = environment("CQL_CLUSTER_TOOL").expect("CQL_CLUSTER_TOOL is set by dev/cluster");
        let output = Command::new(tool).args(arguments).output().await.expect("the script starts");
        match output.status.success() {
            true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        }
    }

    /// Has one node execute a statement; the rows as lines.
    ///
    /// # Panics
    /// When it fails.
    pub async fn cql(node: usize, statement: &str) -> String {
        Self::run(&["cql", &node.to_string(), statement]).await
    }
}
