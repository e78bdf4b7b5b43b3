use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex, OnceLock, Weak};

use super::package::{Package, Run, documents, resource_list};
use super::support::{host, output, output_with_stdin, root, select, skip};
use super::{oracle, support};

/// The target of the shipped binary; its name makes cargo keep the flags away from macros.
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// The binary as it ships: optimised and static. Cargo builds it again only when the sources changed.
fn static_binary() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--release", "--locked", "--target", TARGET]).current_dir(root());
        cargo.env("RUSTFLAGS", "-C target-feature=+crt-static").env_remove("CARGO_ENCODED_RUSTFLAGS");
        let built = output(&mut cargo);
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
        target.join(TARGET).join("release/convert-sidecars")
    })
}

/// The last stage of the Dockerfile around the local binary; removed with its last user.
pub(crate) struct Image {
    docker: PathBuf,
    pub(crate) name: String,
}

impl Image {
    /// `None`, said on stderr, without a docker daemon that runs this machine's programs.
    pub(crate) fn get() -> Option<Arc<Self>> {
        static SHARED: Mutex<Weak<Image>> = Mutex::new(Weak::new());
        let docker = host("docker")?;
        let server = output(Command::new(&docker).args(["version", "--format", "{{.Server.Os}}/{{.Server.Arch}}"]));
        if String::from_utf8_lossy(&server.stdout).trim() != "linux/amd64" {
            skip("no docker daemon for linux/amd64 answers");
            return None;
        }
        // A panic of another test while it held the lock says nothing about the image.
        let mut shared = SHARED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let image = shared.upgrade().unwrap_or_else(|| Arc::new(Self::build(docker)));
        *shared = Arc::downgrade(&image);
        Some(image)
    }

    /// No image can be had for the first stage without a registry, so its product comes from a folder: `/out/` of
    /// the stage `build` is `out/` of the context, with the binary and the file that the stage writes.
    fn build(docker: PathBuf) -> Self {
        let dockerfile = std::fs::read_to_string(root().join("Dockerfile")).unwrap();
        let (first, last) = dockerfile.rsplit_once("\nFROM ").unwrap();
        let last = format!("FROM {last}");
        let copied = last.replace("COPY --from=build /out/ /\n", "COPY out/ /\n");
        assert!(last.starts_with("FROM scratch\n") && copied != last, "{last}");
        let passwd = first.split_once("echo '").and_then(|(_, rest)| rest.split_once("' > /out/etc/passwd")).unwrap().0;

        let context = Package::of(&[("Dockerfile", &copied), ("out/etc/passwd", &format!("{passwd}\n"))]);
        std::fs::copy(static_binary(), context.folder().join("out/convert-sidecars")).unwrap();
        // The name is this process's own: other test runs may work beside it.
        let name = format!("convert-sidecars.example.com/test:{}", std::process::id());
        context.run(&docker, &["build", "--quiet", "--tag", &name, "."]).good();
        Self { docker, name }
    }

    /// Runs the function as an orchestrator does, as strictly as docker can, as this user.
    fn run(&self, user: &str, stdin: &str) -> Output {
        let mut docker = Command::new(&self.docker);
        docker.args([
            "run",
            "--rm",
            "--interactive",
            "--network=none",
            "--user",
            user,
            "--read-only",
            "--cap-drop=ALL",
        ]);
        docker.args(["--security-opt=no-new-privileges", &self.name]);
        output_with_stdin(&mut docker, stdin.as_bytes())
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        let _ = Command::new(&self.docker).args(["image", "rm", "--force", &self.name]).output();
    }
}

const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      containers:
      - name: proxy
        image: envoy:1.2
        args: [--config=/etc/proxy/envoy.yaml]
        volumeMounts:
        - name: config
          mountPath: /etc/proxy
      - name: web
        image: web:1.0
        env:
        - name: GREETING
          value: \"yes\"
      volumes:
      - name: config
        configMap:
          name: settings
";

/// A base, and an overlay that generates, renames and converts, with the function in this form, in that order.
fn overlay(annotation: &str, selected: &str) -> Package {
    let function = select(&[selected]).replace(
        "metadata: {name: test}\n",
        &format!("metadata:\n  name: test\n  annotations:\n    config.kubernetes.io/function: |\n{annotation}"),
    );
    Package::of(&[
        ("base/web.yaml", DEPLOYMENT),
        (
            "base/kustomization.yaml",
            "resources: [web.yaml]\nconfigMapGenerator:\n- {name: settings, literals: [a=b]}\n",
        ),
        ("overlay/function.yaml", &function),
        ("overlay/kustomization.yaml", "resources: [../base]\nnamePrefix: test-\ntransformers: [function.yaml]\n"),
        ("plain/kustomization.yaml", "resources: [../base]\nnamePrefix: test-\n"),
    ])
}

fn kustomize(package: &Package, kubectl: &Path, folder: &str) -> Run {
    package.run(kubectl, &["kustomize", "--enable-alpha-plugins", folder])
}

/// What kustomize builds without the function, converted in values: prefix, hash and references included.
fn expected(package: &Package, kubectl: &Path) -> Vec<serde_yaml::Value> {
    let mut objects = documents(&kustomize(package, kubectl, "plain").good()).unwrap();
    for object in &mut objects {
        oracle::convert(object, &["proxy".to_owned()]);
    }
    assert_eq!(objects.len(), 2);
    objects
}

fn container(image: &Image) -> String {
    format!("      container: {{image: \"{}\"}}\n", image.name)
}

#[test]
fn kustomize_runs_the_container_and_finishes_what_it_began() {
    let (Some(kubectl), Some(image)) = (host("kubectl"), Image::get()) else { return };
    let package = overlay(&container(&image), "proxy");
    let run = kustomize(&package, &kubectl, "overlay");
    assert_eq!(run.stderr, "");
    assert_eq!(documents(&run.good()).unwrap(), expected(&package, &kubectl));
}

#[test]
fn kustomize_shows_why_the_container_refused() {
    let (Some(kubectl), Some(image)) = (host("kubectl"), Image::get()) else { return };
    let package = overlay(&container(&image), "*");
    let run = kustomize(&package, &kubectl, "overlay");
    assert_eq!(run.stdout, "");
    let said = run.bad();
    let first = "error[no-main-container] apps/v1/Deployment/test-web spec.template.spec.containers: \
                 every container of the pod is selected (proxy, web), and a pod needs at least one entry in `containers`";
    assert!(said.starts_with(first), "{said}");
}

#[test]
fn kpt_runs_the_container() {
    let (Some(kpt), Some(image)) = (host("kpt"), Image::get()) else { return };
    let pod = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: pod\nspec:\n  containers:\n  - name: web\n    image: web:1\n  - name: proxy\n    image: envoy:1\n";
    let native = pod.replace("  - name: proxy\n", "  initContainers:\n  - name: proxy\n    restartPolicy: Always\n");

    let package = Package::of(&[("pod.yaml", pod)]);
    let never = "--image-pull-policy=never";
    package.run(&kpt, &["fn", "eval", ".", never, "--image", &image.name, "--", "sidecars=proxy"]).good();
    assert_eq!(package.read("pod.yaml"), native);

    let package = Package::of(&[("pod.yaml", pod), ("fn-config.yaml", &select(&["proxy"]))]);
    let head = "apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata:\n  name: test\npipeline:\n  mutators:\n";
    package.write("Kptfile", &format!("{head}  - image: {}\n    configPath: fn-config.yaml\n", image.name));
    package.run(&kpt, &["fn", "render", never]).good();
    assert_eq!(package.read("pod.yaml"), native);
}

#[test]
fn kpt_shows_the_help_of_the_container() {
    let (Some(kpt), Some(image)) = (host("kpt"), Image::get()) else { return };
    let help = Package::new().run(&kpt, &["fn", "doc", "--image", &image.name]).good();
    assert!(help.contains("Usage: convert-sidecars"), "{help}");
    assert!(help.contains("kind: ConvertSidecars"), "a configuration to start from: {help}");
}

#[test]
fn the_container_runs_as_any_user_without_network_rights_or_a_disk_to_write_to() {
    let Some(image) = Image::get() else { return };
    let list = resource_list(&[DEPLOYMENT], &select(&["proxy"]));
    let wanted = output_with_stdin(&mut Command::new(support::binary()), list.as_bytes()).stdout;
    // Any number that no file in the image knows, another one in each run.
    let somebody = format!("{0}:{0}", 100_000 + std::process::id());
    for user in ["nobody", "65533:65533", &somebody] {
        let answer = image.run(user, &list);
        assert!(answer.status.success(), "{user}: {answer:?}");
        assert_eq!(String::from_utf8(answer.stdout), String::from_utf8(wanted.clone()), "{user}");
    }
    let failed = image.run("nobody", &resource_list(&[DEPLOYMENT], &select(&["*"])));
    assert_eq!(failed.status.code(), Some(1));
}

#[test]
fn binary_and_image_are_small() {
    let Some(image) = Image::get() else { return };
    let size = Command::new(&image.docker).args(["image", "inspect", "--format", "{{.Size}}", &image.name]).output();
    let image_size: u64 = String::from_utf8(size.unwrap().stdout).unwrap().trim().parse().unwrap();
    let binary_size = static_binary().metadata().unwrap().len();
    eprintln!("static binary: {binary_size} bytes, image: {image_size} bytes");
    assert!(binary_size < 6_000_000, "{binary_size}");
    assert!(image_size < binary_size + 10_000, "{image_size}");
}

/// A package whose transformer is the legacy plugin, and kubectl with a plugin home that has it.
fn legacy(selected: &str) -> (Package, impl Fn(&Path) -> Run) {
    let package = overlay("      none\n", selected);
    let function = select(&[selected]);
    package.write("overlay/function.yaml", &function);
    let kind = package.beside("plugins/convert-sidecars.dev/v1alpha1/convertsidecars");
    std::fs::create_dir_all(&kind).unwrap();
    std::os::unix::fs::symlink(support::binary(), kind.join("ConvertSidecars")).unwrap();
    let home = package.beside("plugins");
    let folder = package.folder();
    let run = move |kubectl: &Path| {
        let mut command = Command::new(kubectl);
        command.args(["kustomize", "--enable-alpha-plugins", "overlay"]).current_dir(&folder);
        Run::of(output(command.env("KUSTOMIZE_PLUGIN_HOME", &home)))
    };
    (package, run)
}

#[test]
fn kustomize_runs_the_legacy_exec_plugin_and_finishes_what_it_began() {
    let Some(kubectl) = host("kubectl") else { return };
    let (package, run) = legacy("proxy");
    assert_eq!(documents(&run(&kubectl).good()).unwrap(), expected(&package, &kubectl));
}

#[test]
fn kustomize_shows_why_the_legacy_exec_plugin_refused() {
    let Some(kubectl) = host("kubectl") else { return };
    let (_package, run) = legacy("*");
    let said = run(&kubectl).bad();
    assert!(said.contains("error[no-main-container] apps/v1/Deployment/"), "{said}");
}
