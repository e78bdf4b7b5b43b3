//! The catalogue: sidecars that people really run, each as a file of data in `catalog/`.
//!
//! The files are part of the program. Each is read when a container or a workload has one of its [`keys`], since most
//! inputs have none of most.

pub mod keys;
pub mod profile;
pub mod recognise;
pub(crate) mod spec;
pub mod wildcard;
mod words;

use std::sync::OnceLock;

use keys::Keys;
use profile::{Edition, Problem, Profile};
use recognise::{Traits, best};

use crate::config::image::Image;

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

/// All profiles of the catalogue, in the order of their names. This reads all files.
pub fn all() -> impl Iterator<Item = &'static Profile> {
    (0..FILES.len()).filter_map(profile)
}

/// The profile of a file, by its number; the file is read when it is asked for.
fn profile<'p>(index: usize) -> Option<&'p Profile> {
    static READ: [OnceLock<Option<Profile>>; FILES.len()] = [const { OnceLock::new() }; FILES.len()];
    let (name, text) = FILES.get(index)?;
    let read = || {
        // Examples come last in each file, and only the tests and the documents need them.
        let data = text.split("\nexamples:").next().unwrap_or(text);
        read(data).map_err(|problems| tracing::error!(name, ?problems, "a file of the catalogue is wrong")).ok()
    };
    READ.get(index)?.get_or_init(read).as_ref()
}

/// Reads a file of the catalogue.
///
/// # Errors
/// Everything that is wrong with it; only the first thing when a key is unknown or a value has the wrong type.
pub fn read(text: &str) -> Result<Profile, Vec<Problem>> {
    let whole = |error: serde_yaml::Error| vec![Problem { field: String::new(), message: error.to_string() }];
    serde_yaml::from_str(text).map_err(whole).and_then(Profile::new)
}

/// The number of the file of this name.
fn number(name: &str) -> Option<usize> {
    FILES.binary_search_by_key(&name, |(name, _)| name).ok()
}

/// Whether a file of the catalogue has this name.
pub fn is_known(name: &str) -> bool {
    number(name).is_some()
}

/// The profile of this name: a user's own, or one of the catalogue as it was in this edition.
pub fn find<'p>(name: &str, own: &'p [Profile], edition: Option<Edition>) -> Option<&'p Profile> {
    let of_files = || number(name).filter(is_in(edition)).and_then(profile);
    own.iter().find(|profile| profile.name == name).or_else(of_files)
}

/// The profile that knows a container: a user's own first, then the catalogue as it was in this edition.
pub fn recognise<'p>(traits: &Traits<'_>, own: &'p [Profile], edition: Option<Edition>) -> Option<&'p Profile> {
    let image = || traits.image.as_ref().map_or("", Image::name);
    let matching = || keys::matching(traits.name, image()).into_iter();
    best(own.iter(), traits).or_else(|| best(matching().filter(is_in(edition)).filter_map(profile), traits))
}

/// Whether a file of the catalogue may know a container of this name and image, which need not be taken apart for that.
pub fn may_know(name: &str, image: &str) -> bool {
    // Behind the last slash stand the image's own name and its tag.
    let repository = image.split_once('@').map_or(image, |(repository, _)| repository);
    let own = repository.rsplit_once('/').map_or(repository, |(_, own)| own);
    !keys::matching(name, own).is_empty()
}

/// The profiles that can have an injector which one of these labels or annotations asks for the sidecar.
pub fn asked_for<'p>(
    names: &[(&str, Option<&str>)],
    own: &'p [Profile],
    edition: Option<Edition>,
) -> impl Iterator<Item = &'p Profile> {
    let known = keys::asked_by(names).into_iter().filter(is_in(edition)).filter_map(profile);
    own.iter().chain(known)
}

/// The keys of the catalogue as it was in this edition.
pub fn keys_in<'k>(edition: Option<Edition>) -> impl Iterator<Item = Keys<'k>> {
    keys::all().iter().filter(move |keys| keys.is_in(edition)).cloned()
}

/// Whether a file, by its number, is in the catalogue as it was in this edition.
fn is_in(edition: Option<Edition>) -> impl Fn(&usize) -> bool {
    move |index| keys::all().get(*index).is_some_and(|keys| keys.is_in(edition))
}
