//! The catalogue: sidecars that people really run, each as a file of data in `catalog/`.
//!
//! The files are part of the program. They are read when the first container has to be recognised, since most inputs
//! have none that could be.

pub mod profile;
pub mod recognise;
pub(crate) mod spec;
pub mod wildcard;
mod words;

use std::sync::OnceLock;

use profile::{Edition, Problem, Profile};
use recognise::{Traits, best};

/// The newest edition, which is the binary's own. A profile of a later one would be ignored by a pin.
pub const EDITION: Edition = Edition { year: 2026, month: 11 };

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../catalog/", $name, ".yaml")))),*]
    };
}

/// The files of `catalog/`, by the names of their profiles.
pub const FILES: &[(&str, &str)] = files![
    "airflow-xcom",
    "alloy",
    "alloydb-auth-proxy",
    "apache-exporter",
    "appmesh-envoy",
    "argo-wait",
    "aws-xray-daemon",
    "azure-workload-identity-proxy",
    "bank-vaults",
    "chrony",
    "cloud-sql-proxy",
    "cloud-sql-proxy-v1",
    "cloudflared",
    "cloudwatch-agent",
    "configmap-reload",
    "consul-dataplane",
    "consul-exporter",
    "consul-template",
    "controller-manager",
    "csi-sidecars",
    "daprd",
    "database-router",
    "datadog-agent",
    "datadog-agent-siblings",
    "dind",
    "elastic-agent",
    "elasticsearch",
    "elasticsearch-exporter",
    "envoy",
    "filebeat",
    "fluent-bit",
    "fluentd",
    "git-sync",
    "gke-gcsfuse-sidecar",
    "gpudirect-tcpxo",
    "ilogtail",
    "in-place-restart-agent",
    "istio-gateway",
    "istio-grpc-agent",
    "istio-proxy",
    "jaeger-agent",
    "jmx-exporter",
    "json-exporter",
    "k8s-sidecar",
    "kafka",
    "kafka-exporter",
    "katib-collector",
    "kube-rbac-proxy",
    "kubectl-proxy",
    "kuma-sidecar",
    "linkerd-identity-proxy",
    "linkerd-proxy",
    "localstack",
    "log-tail",
    "logrotate",
    "mariadb",
    "memcached",
    "memcached-exporter",
    "minio",
    "mongodb",
    "mongodb-exporter",
    "mysql",
    "mysqld-exporter",
    "nginx-exporter",
    "ngrok",
    "oauth2-proxy",
    "opa",
    "opentelemetry-collector",
    "opentelemetry-operator",
    "pgbouncer",
    "pgbouncer-exporter",
    "php-fpm-exporter",
    "postgres",
    "postgres-exporter",
    "prometheus-config-reloader",
    "promtail",
    "proxysql",
    "queue-proxy",
    "rabbitmq",
    "rabbitmq-exporter",
    "ray-autoscaler",
    "rclone",
    "redis",
    "redis-exporter",
    "reloader-script",
    "reverse-proxy",
    "secrets-provider",
    "selenium",
    "spiffe-helper",
    "sql-exporter",
    "statsd-exporter",
    "tailscale",
    "telegraf",
    "teleport-tbot",
    "thanos-sidecar",
    "vault-agent",
    "vault-agent-own",
    "vector",
    "vendor-agent",
    "vendor-collector",
    "vpn-tunnel",
    "zookeeper",
];

/// All profiles of the catalogue, in the order of their names.
pub fn all() -> &'static [Profile] {
    static ALL: OnceLock<Vec<Profile>> = OnceLock::new();
    ALL.get_or_init(|| {
        let read = |(name, text): &(&str, &str)| {
            // Examples come last in each file, and only the tests and the documents need them.
            let data = text.split("\nexamples:").next().unwrap_or(text);
            read(data).map_err(|problems| tracing::error!(name, ?problems, "a file of the catalogue is wrong")).ok()
        };
        FILES.iter().filter_map(read).collect()
    })
}

/// Reads a file of the catalogue.
///
/// # Errors
/// Everything that is wrong with it; only the first thing when a key is unknown or a value has the wrong type.
pub fn read(text: &str) -> Result<Profile, Vec<Problem>> {
    let whole = |error: serde_yaml::Error| vec![Problem { field: String::new(), message: error.to_string() }];
    serde_yaml::from_str(text).map_err(whole).and_then(Profile::new)
}

/// The profile of this name: a user's own, or one of the catalogue as it was in this edition.
pub fn find<'p>(name: &str, own: &'p [Profile], edition: Option<Edition>) -> Option<&'p Profile> {
    candidates(own, edition).find(|profile| profile.name == name)
}

/// The profile that knows a container: a user's own first, then the catalogue as it was in this edition.
pub fn recognise<'p>(traits: &Traits<'_>, own: &'p [Profile], edition: Option<Edition>) -> Option<&'p Profile> {
    best(own.iter(), traits).or_else(|| best(candidates(&[], edition), traits))
}

/// A user's own profiles, then those of the catalogue as it was in this edition.
pub(crate) fn candidates(own: &[Profile], edition: Option<Edition>) -> impl Iterator<Item = &Profile> {
    let is_known = move |profile: &&Profile| edition.is_none_or(|pin| profile.edition.is_none_or(|one| one <= pin));
    own.iter().chain(all().iter().filter(is_known))
}
