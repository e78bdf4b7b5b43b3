//! What the catalogue knows of one sidecar, and the way there from what was written.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

use super::spec::{
    ConditionsSpec, EditSpec, GateSpec, HandlerSpec, InjectorSpec, MatchSpec, OpType, PlacementSpec, PlacementType,
    ProfileSpec, VariableSpec,
};
use super::wildcard::Wildcard;
use crate::config::glob::Glob;
use crate::config::image::ImageGlob;
use crate::yaml::new::New;

/// How freely a sidecar is converted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, PartialOrd, Ord, Deserialize)]
pub enum Tier {
    /// When it is recognised.
    #[default]
    A,
    /// When it is named: by `sidecars`, by an annotation, or by `catalog.profiles`.
    B,
    /// Never; naming it is refused (`never-convert`).
    C,
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
        })
    }
}

/// What a container does for the pod's main one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum Role {
    /// Carries its traffic.
    Proxy,
    /// Carries its connections to a database.
    DatabaseProxy,
    /// Brings secrets or identities.
    Identity,
    /// Ships or rotates logs.
    Logs,
    /// Takes its metrics, traces or statistics.
    Telemetry,
    /// Is scraped for metrics about it.
    Exporter,
    /// Keeps files or configuration up to date.
    Sync,
    /// Gives it something to run with, such as a docker daemon, a database or a browser.
    #[default]
    Runtime,
    /// Is no sidecar at all.
    Main,
}

/// Whether the container's readiness depends on the main container of its pod: a startup probe made of the readiness
/// probe would then wait for a container that waits for the probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum NeedsMain {
    /// It is ready whatever the main container does.
    Never,
    /// It is not ready before the main container is.
    Always,
    /// It depends on its configuration, or was not looked up.
    #[default]
    Unknown,
}

/// In which workloads something is done without being asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum Workloads {
    /// In those whose pods end by themselves: a sidecar that never ends keeps them from it.
    RunToCompletion,
    /// In all.
    #[default]
    All,
}

/// How sure an edit is to keep the meaning, as in compilers' fixes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Deserialize)]
pub enum Applicability {
    /// It keeps the meaning, and upstream's own native form has it.
    Safe,
    /// It is likely right, and a person should look.
    #[default]
    All,
}

/// A year and a month, as `2026.11`: the state of the catalogue in which a profile appeared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Edition {
    /// The year.
    pub year: u16,
    /// The month, 1 to 12.
    pub month: u8,
}

impl fmt::Display for Edition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.year, self.month)
    }
}

impl FromStr for Edition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_number = |part: &str, digits: usize| part.len() == digits && part.bytes().all(|b| b.is_ascii_digit());
        let parts = text.split_once('.').filter(|(year, month)| is_number(year, 4) && is_number(month, 2));
        let edition = parts.and_then(|(year, month)| {
            let edition = Self { year: year.parse().ok()?, month: month.parse().ok()? };
            (1..=12).contains(&edition.month).then_some(edition)
        });
        edition.ok_or_else(|| format!("`{text}` is no edition; write it like \"2026.11\""))
    }
}

/// A variable, an annotation or a label. Without a value any will do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// A pattern on its name.
    pub name: Wildcard,
    /// A pattern on its value.
    pub value: Option<Wildcard>,
}

/// Which of several must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conditions<T> {
    /// One of these, unless there are none.
    pub any: Vec<T>,
    /// All of these.
    pub all: Vec<T>,
    /// None of these.
    pub none: Vec<T>,
}

impl<T> Conditions<T> {
    /// Whether anything has to be there.
    pub fn asks(&self) -> bool {
        !self.any.is_empty() || !self.all.is_empty()
    }

    /// How many conditions there are.
    pub fn count(&self) -> usize {
        self.any.len() + self.all.len() + self.none.len()
    }
}

/// One way to recognise a container: all that it states must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// The container has one of these names; any when empty.
    pub container: Vec<Glob>,
    /// Its image is one of these; any when empty.
    pub image: Vec<ImageGlob>,
    /// On `command` and `args`: each pattern holds for one of the words, or for all of them with spaces between.
    pub command: Conditions<Wildcard>,
    /// On `env`.
    pub env: Conditions<Variable>,
    /// On the names of the other containers of the pod.
    pub beside: Conditions<Glob>,
}

/// Where upstream puts the native sidecar.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Placement {
    /// Behind all others.
    #[default]
    Last,
    /// Before all others.
    First,
    /// Directly behind the last of these entries of `initContainers`.
    After {
        /// Their names.
        containers: Vec<Glob>,
        /// Whether upstream's native form goes before all others when none of them is there; else behind all others.
        is_first_otherwise: bool,
    },
}

/// One thing that a startup probe needs: one of these arguments or variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// Patterns on the words of `command` and `args`.
    pub args: Vec<Wildcard>,
    /// Variables.
    pub env: Vec<Variable>,
    /// An argument that would meet it, for `edits: All` to add.
    pub add: Option<String>,
}

/// The startup probe that upstream gives the native sidecar, or that its documentation asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gate {
    /// The probe.
    pub probe: New,
    /// What the container must have for the probe to be answered; every entry is needed.
    pub requires: Vec<Requirement>,
    /// Arguments (`--port`, with its value behind `=` or in the next word) that name another port than the probe's.
    pub port_args: Vec<String>,
    /// Variables that do.
    pub port_env: Vec<String>,
    /// The oldest image that answers it; see [`Image::is_at_least`](crate::config::image::Image::is_at_least).
    pub min_tag: Option<String>,
    /// Whether upstream takes the handler of the container's own readiness probe in the place of the probe's; it has no
    /// startup probe where the readiness probe is switched off.
    pub is_from_readiness: bool,
    /// Who says so.
    pub source: String,
}

/// Which hooks an edit is about. One pattern that holds is enough; without any it is about every hook.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct When {
    /// On the command of `exec`, its words with spaces between.
    pub exec: Vec<Wildcard>,
    /// On the path of `httpGet`.
    pub http_path: Vec<Wildcard>,
    /// The hook is a `sleep`.
    pub sleep: bool,
}

/// What an edit does, to the moved container unless it says otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    /// Takes `lifecycle.preStop` away.
    RemovePreStop(When),
    /// Takes `lifecycle.postStart` away.
    RemovePostStart(When),
    /// Puts this handler where there is no `lifecycle.preStop`, or where another edit takes it away. In its texts
    /// `{annotations[NAME] or DEFAULT}` stands for an annotation of the pod template.
    SetPreStop(New),
    /// Takes the arguments away that one of the patterns holds for.
    RemoveArgs(Vec<Wildcard>),
    /// Adds those of these arguments that are not there, at the end of `args`.
    AddArgs(Vec<String>),
    /// Gives a variable this value, whether it is there or not.
    SetEnv {
        /// Its name.
        name: String,
        /// Its value.
        value: String,
    },
    /// Takes the variables of these names away.
    RemoveEnv(Wildcard),
    /// Gives an annotation of the pod template this value.
    SetAnnotation {
        /// Its name.
        name: String,
        /// Its value.
        value: String,
    },
    /// Takes an annotation of the pod template away.
    RemoveAnnotation(String),
    /// Moves the container to the other list in an annotation of the pod template: JSON with the lists `containers` and
    /// `initContainers`, of names or of mappings that have one.
    MoveInAnnotation(String),
    /// Moves these ordinary init containers, in this order, before all others.
    MoveInitFirst(Vec<String>),
}

/// An edit beyond the move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileEdit {
    /// What it does.
    pub op: Op,
    /// How sure it is.
    pub applicability: Applicability,
    /// The oldest image that it works with, likewise.
    pub min_tag: Option<String>,
    /// Why, as the end of a sentence.
    pub reason: String,
    /// Who says so.
    pub source: String,
}

/// Who puts the container into pods, and how to have it native from the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Injector {
    /// Its name.
    pub name: String,
    /// Labels of the pod template or the workload by which it is asked for; one is enough.
    pub labels: Vec<Variable>,
    /// Annotations, likewise.
    pub annotations: Vec<Variable>,
    /// The annotation of the pod template that turns native sidecars on: name and value.
    pub annotation: Option<(String, String)>,
    /// The setting of the injector itself that does.
    pub setting: Option<String>,
    /// Its first release that can.
    pub since: Option<String>,
    /// Its first release that does by default.
    pub default_since: Option<String>,
    /// Who says so.
    pub source: String,
}

/// Where a fact comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// `owner/name` on GitHub, or an address.
    pub repository: String,
    /// The file in it; may be empty for an address.
    pub path: String,
    /// What it says; may be empty.
    pub says: String,
}

/// A container that is, or only looks like, this sidecar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// The container.
    pub container: New,
    /// The names of other containers of its pod.
    pub beside: Vec<String>,
    /// Whether it is recognised as this sidecar.
    pub is_recognised: bool,
    /// Why; may be empty.
    pub why: String,
}

/// One well-known sidecar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Its name, which is API: `sidecars[].profile` and `catalog.profiles` take it.
    pub name: String,
    /// What it is, in a few words.
    pub title: String,
    /// What it does.
    pub role: Role,
    /// How freely it is converted.
    pub tier: Tier,
    /// Why not more freely; always there for tier C.
    pub reason: String,
    /// The edition in which it appeared; `None` for a user's own.
    pub edition: Option<Edition>,
    /// How it is recognised: one of these.
    pub matches: Vec<Match>,
    /// Whether it is often enough the main container of a pod that another sidecar may serve it.
    pub may_be_main: bool,
    /// In which workloads it is converted without being named.
    pub workloads: Workloads,
    /// Whether its readiness depends on the main container.
    pub readiness_needs_main: NeedsMain,
    /// Where it goes.
    pub placement: Placement,
    /// Its startup probe.
    pub gate: Option<Gate>,
    /// What upstream's native form has beyond the move.
    pub edits: Vec<ProfileEdit>,
    /// Who injects it.
    pub injector: Option<Injector>,
    /// What else a reader should know.
    pub notes: Vec<String>,
    /// Where the facts come from.
    pub sources: Vec<Source>,
    /// Examples.
    pub examples: Vec<Example>,
}

/// Something wrong with a profile as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The field, from the profile on, such as `match[0].image[1]`; empty for the profile itself.
    pub field: String,
    /// What is wrong.
    pub message: String,
}

/// The problems that were found so far.
#[derive(Debug, Default)]
struct Check {
    problems: Vec<Problem>,
}

impl Profile {
    /// A profile, or everything that is wrong with it.
    ///
    /// What a file of the catalogue must have beyond a user's own entry (edition, title, sources, examples) is
    /// checked by the tests of the catalogue.
    ///
    /// # Errors
    /// All problems at once.
    pub(crate) fn new(spec: ProfileSpec) -> Result<Self, Vec<Problem>> {
        let mut check = Check::default();
        let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if spec.name.is_empty() || !spec.name.chars().all(is_name) {
            check.fail("name", format!("`{}` is no name: small letters, digits and dashes", spec.name));
        }
        if spec.tier == Tier::C && spec.reason.is_empty() {
            check.fail("reason", "tier C needs a reason");
        }
        if spec.matches.is_empty() {
            check.fail("match", "nothing says how the container is recognised");
        }
        let edition = (!spec.edition.is_empty())
            .then(|| spec.edition.parse().map_err(|why: String| check.fail("edition", why)).ok())
            .flatten();
        let matches = spec.matches.iter().enumerate();
        let matches = matches.map(|(index, one)| check.one_match(one, &format!("match[{index}]"))).collect();
        let edits = spec.edits.iter().enumerate();
        let edits = edits.filter_map(|(index, one)| check.edit(one, &format!("edits[{index}]"))).collect();
        let profile = Self {
            name: spec.name,
            title: spec.title,
            role: spec.role,
            tier: spec.tier,
            reason: spec.reason,
            edition,
            matches,
            may_be_main: spec.may_be_main,
            workloads: spec.workloads,
            readiness_needs_main: spec.readiness_needs_main,
            placement: check.placement(&spec.placement),
            gate: spec.startup_probe.as_ref().map(|gate| check.gate(gate)),
            edits,
            injector: spec.injector.as_ref().map(|injector| check.injector(injector)),
            notes: spec.notes,
            sources: spec
                .sources
                .into_iter()
                .map(|one| Source { repository: one.repository, path: one.path, says: one.says })
                .collect(),
            examples: spec
                .examples
                .into_iter()
                .map(|one| Example {
                    container: New::from(&one.container),
                    beside: one.beside,
                    is_recognised: one.recognised.unwrap_or(true),
                    why: one.why,
                })
                .collect(),
        };
        if check.problems.is_empty() { Ok(profile) } else { Err(check.problems) }
    }
}

impl Check {
    fn fail(&mut self, field: &str, message: impl Into<String>) {
        self.problems.push(Problem { field: field.to_owned(), message: message.into() });
    }

    fn globs(&mut self, written: &[String], field: &str) -> Vec<Glob> {
        let globs = written.iter().enumerate();
        let globs = globs.filter_map(|(index, one)| {
            Glob::parse(one).map_err(|why| self.fail(&format!("{field}[{index}]"), why.to_string())).ok()
        });
        globs.collect()
    }

    fn variables(&mut self, written: &[VariableSpec], field: &str) -> Vec<Variable> {
        let mut found = Vec::new();
        for (index, one) in written.iter().enumerate() {
            if one.name.is_empty() {
                self.fail(&format!("{field}[{index}].name"), "the name is missing");
            }
            let value = one.value.as_deref().map(Wildcard::new);
            found.push(Variable { name: Wildcard::new(&one.name), value });
        }
        found
    }

    fn one_match(&mut self, spec: &MatchSpec, field: &str) -> Match {
        let images = spec.image.iter().enumerate().filter_map(|(index, one)| {
            let field = format!("{field}.image[{index}]");
            ImageGlob::parse(one).map_err(|why| self.fail(&field, why.to_string())).ok()
        });
        let image = images.collect::<Vec<_>>();
        if spec.container.is_empty() && spec.image.is_empty() {
            self.fail(field, "neither `container` nor `image` is there");
        }
        Match {
            container: self.globs(&spec.container, &format!("{field}.container")),
            image,
            command: conditions(&spec.command, |list, _| wildcards(list)),
            env: conditions(&spec.env, |list, part| self.variables(list, &format!("{field}.env.{part}"))),
            beside: conditions(&spec.beside, |list, part| self.globs(list, &format!("{field}.beside.{part}"))),
        }
    }

    fn placement(&mut self, spec: &PlacementSpec) -> Placement {
        if (spec.kind == PlacementType::After) == spec.containers.is_empty() {
            self.fail("placement.containers", "`After` needs the containers that are meant, and the others have none");
        }
        match spec.kind {
            PlacementType::Last => Placement::Last,
            PlacementType::First => Placement::First,
            PlacementType::After => Placement::After {
                containers: self.globs(&spec.containers, "placement.containers"),
                is_first_otherwise: spec.otherwise == PlacementType::First,
            },
        }
    }

    fn gate(&mut self, spec: &GateSpec) -> Gate {
        let handlers = ["exec", "httpGet", "tcpSocket", "grpc"];
        let count = handlers.iter().filter(|name| spec.probe.get(**name).is_some()).count();
        if count != 1 {
            let why = format!("a probe has exactly one of {}, and this one has {count}", handlers.join(", "));
            self.fail("startupProbe.probe", why);
        }
        if spec.probe.get("successThreshold").is_some_and(|value| value.as_i64() != Some(1)) {
            self.fail("startupProbe.probe.successThreshold", "Kubernetes requires 1 for startup probes");
        }
        let mut requires = Vec::new();
        for (index, one) in spec.requires.iter().enumerate() {
            let field = format!("startupProbe.requires[{index}]");
            if one.args.is_empty() && one.env.is_empty() {
                self.fail(&field, "neither `args` nor `env` is there");
            }
            let args = wildcards(&one.args);
            if !one.add.is_empty() && !args.iter().any(|pattern| pattern.matches(&one.add)) {
                self.fail(&format!("{field}.add"), format!("`{}` does not meet it", one.add));
            }
            let env = self.variables(&one.env, &format!("{field}.env"));
            requires.push(Requirement { args, env, add: some(&one.add) });
        }
        Gate {
            probe: New::from(&spec.probe),
            requires,
            port_args: spec.port_from.args.clone(),
            port_env: spec.port_from.env.clone(),
            min_tag: some(&spec.min_tag),
            is_from_readiness: spec.from_readiness,
            source: spec.source.clone(),
        }
    }

    fn edit(&mut self, spec: &EditSpec, field: &str) -> Option<ProfileEdit> {
        let before = self.problems.len();
        let is_hook = matches!(spec.op, OpType::RemovePreStop | OpType::RemovePostStart);
        let takes = [
            ("when", is_hook, !spec.when.is_empty(), false),
            ("handler", spec.op == OpType::SetPreStop, !spec.handler.is_null(), true),
            ("args", matches!(spec.op, OpType::RemoveArgs | OpType::AddArgs), !spec.args.is_empty(), true),
            ("name", spec.op.has_name(), !spec.name.is_empty(), true),
            ("value", matches!(spec.op, OpType::SetEnv | OpType::SetAnnotation), !spec.value.is_empty(), true),
            ("containers", spec.op == OpType::MoveInitFirst, !spec.containers.is_empty(), true),
            ("reason", true, !spec.reason.is_empty(), true),
        ];
        for (name, is_meant, is_there, is_needed) in takes {
            if is_there && !is_meant {
                self.fail(&format!("{field}.{name}"), format!("`{name}` has no meaning for `op: {:?}`", spec.op));
            } else if is_meant && is_needed && !is_there {
                self.fail(&format!("{field}.{name}"), format!("`op: {:?}` needs `{name}`", spec.op));
            }
        }
        let (name, value) = (spec.name.clone(), spec.value.clone());
        let op = match spec.op {
            OpType::RemovePreStop => Op::RemovePreStop(spec.when.read()),
            OpType::RemovePostStart => Op::RemovePostStart(spec.when.read()),
            OpType::SetPreStop => Op::SetPreStop(New::from(&spec.handler)),
            OpType::RemoveArgs => Op::RemoveArgs(wildcards(&spec.args)),
            OpType::AddArgs => Op::AddArgs(spec.args.clone()),
            OpType::SetEnv => Op::SetEnv { name, value },
            OpType::RemoveEnv => Op::RemoveEnv(Wildcard::new(&name)),
            OpType::SetAnnotation => Op::SetAnnotation { name, value },
            OpType::RemoveAnnotation => Op::RemoveAnnotation(name),
            OpType::MoveInAnnotation => Op::MoveInAnnotation(name),
            OpType::MoveInitFirst => Op::MoveInitFirst(spec.containers.clone()),
        };
        (self.problems.len() == before).then(|| ProfileEdit {
            op,
            applicability: spec.applicability,
            min_tag: some(&spec.min_tag),
            reason: spec.reason.clone(),
            source: spec.source.clone(),
        })
    }

    fn injector(&mut self, spec: &InjectorSpec) -> Injector {
        if spec.name.is_empty() {
            self.fail("injector.name", "the injector has no name");
        }
        let annotation = spec.annotation.as_ref().map(|one| (one.name.clone(), one.value.clone().unwrap_or_default()));
        Injector {
            name: spec.name.clone(),
            labels: self.variables(&spec.asked_by.labels, "injector.askedBy.labels"),
            annotations: self.variables(&spec.asked_by.annotations, "injector.askedBy.annotations"),
            annotation,
            setting: some(&spec.setting),
            since: some(&spec.since),
            default_since: some(&spec.default_since),
            source: spec.source.clone(),
        }
    }
}

impl OpType {
    fn has_name(self) -> bool {
        matches!(
            self,
            Self::SetEnv | Self::RemoveEnv | Self::SetAnnotation | Self::RemoveAnnotation | Self::MoveInAnnotation
        )
    }
}

impl HandlerSpec {
    fn is_empty(&self) -> bool {
        self.exec.is_empty() && self.http_path.is_empty() && !self.sleep
    }

    fn read(&self) -> When {
        When { exec: wildcards(&self.exec), http_path: wildcards(&self.http_path), sleep: self.sleep }
    }
}

fn wildcards(written: &[String]) -> Vec<Wildcard> {
    written.iter().map(|one| Wildcard::new(one)).collect()
}

fn conditions<S, T>(spec: &ConditionsSpec<S>, mut read: impl FnMut(&[S], &str) -> Vec<T>) -> Conditions<T> {
    Conditions { any: read(&spec.any, "any"), all: read(&spec.all, "all"), none: read(&spec.none, "none") }
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}
