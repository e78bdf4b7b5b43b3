use convert_sidecars::config::glob::Glob;
use convert_sidecars::config::image::ImageGlob;

#[test]
fn a_glob_matches_whole_names() {
    for (glob, yes, no) in [
        ("proxy", &["proxy"][..], &["proxy-2", "a-proxy", "Proxy", ""][..]),
        ("log-*", &["log-", "log-a", "log-a-b"], &["log", "blog-a"]),
        ("*-proxy", &["a-proxy", "-proxy", "a-proxy-proxy"], &["a-proxy-2", "proxy"]),
        ("*", &["a", "a-b"], &["a/b"]),
        ("a*b*c", &["abc", "a-b-c", "abbcc", "axbxcxbc"], &["ab", "acb", "abcd"]),
        ("a?c", &["abc", "a-c"], &["ac", "abbc", "a/c"]),
        ("??", &["ab"], &["a", "abc"]),
        ("*a*", &["a", "bab"], &["b", ""]),
    ] {
        let parsed = Glob::parse(glob).unwrap();
        for name in yes {
            assert!(parsed.matches(name), "{glob} should match {name}");
        }
        for name in no {
            assert!(!parsed.matches(name), "{glob} should not match {name}");
        }
    }
}

#[test]
fn a_glob_of_many_stars_is_matched_in_little_time() {
    let glob = Glob::parse(&"*a".repeat(200)).unwrap();
    assert!(!glob.matches(&"a".repeat(199)));
    assert!(glob.matches(&"a".repeat(5000)));
    assert!(!glob.matches(&format!("{}b", "a".repeat(5000))));
}

#[test]
fn a_regular_expression_is_answered_with_the_glob_to_write() {
    for (written, instead) in
        [("log-.*", "log-*"), (".*proxy", "*proxy"), ("^proxy$", "proxy"), ("^proxy", "proxy"), ("proxy.+", "proxy?*")]
    {
        let error = Glob::parse(written).unwrap_err().to_string();
        assert!(error.contains(&format!("write `{instead}`")), "{written}: {error}");
    }
    for written in ["a|b", "(a)", "[ab]", "a b", "a,b", "a/b", "a+", "{a,b}"] {
        assert!(Glob::parse(written).is_err(), "{written}");
    }
    assert!(Glob::parse(" ").is_err());
}

/// A pattern, images that it matches, and images that it does not.
type Row = (&'static str, &'static [&'static str], &'static [&'static str]);

const IMAGES: &[Row] = &[
    // The repository's last segments, whole, whatever stands before them, and whatever tag or digest follows.
    (
        "proxyv2",
        &[
            "proxyv2",
            "istio/proxyv2",
            "docker.io/istio/proxyv2:1.28",
            "gcr.io/a/b/proxyv2@sha256:00",
            "localhost:5000/proxyv2",
        ],
        &["proxyv22", "my-proxyv2", "proxyv2/sidecar", "istio/proxyv2-distroless"],
    ),
    (
        "istio/proxyv2",
        &["istio/proxyv2", "gcr.io/istio/proxyv2:1", "gcr.io/x/istio/proxyv2"],
        &["proxyv2", "myistio/proxyv2", "istio/x/proxyv2"],
    ),
    ("proxy*", &["proxyv2", "istio/proxy", "a/proxy-x:1"], &["istio/proxy/x", "a-proxy"]),
    ("istio/*", &["istio/proxyv2", "gcr.io/istio/pilot"], &["istio/a/b", "pilot"]),
    ("*/proxyv2", &["istio/proxyv2", "gcr.io/a/proxyv2"], &[]),
    // A registry only when written: then it counts, and the whole repository with it.
    (
        "gcr.io/istio/proxyv2",
        &["gcr.io/istio/proxyv2:1"],
        &["istio/proxyv2", "gcr.io/x/istio/proxyv2", "eu.gcr.io/istio/proxyv2"],
    ),
    ("*.gcr.io/istio/proxyv2", &["eu.gcr.io/istio/proxyv2"], &["gcr.io/istio/proxyv2"]),
    ("gcr.io/proxyv2", &["gcr.io/proxyv2"], &["gcr.io/istio/proxyv2"]),
    ("localhost/proxy", &["localhost/proxy:2"], &["proxy", "localhost:5000/proxy"]),
    (
        "localhost:5000/proxy",
        &["localhost:5000/proxy", "localhost:5000/proxy:1"],
        &["localhost:5001/proxy", "proxy:5000", "localhost/proxy"],
    ),
    // Docker Hub under all of its names, and its `library`.
    (
        "docker.io/istio/proxyv2",
        &["istio/proxyv2", "docker.io/istio/proxyv2", "index.docker.io/istio/proxyv2"],
        &["gcr.io/istio/proxyv2"],
    ),
    ("index.docker.io/istio/proxyv2", &["istio/proxyv2", "docker.io/istio/proxyv2:1"], &["quay.io/istio/proxyv2"]),
    (
        "docker.io/nginx",
        &["nginx", "library/nginx", "docker.io/library/nginx:1", "index.docker.io/nginx"],
        &["bitnami/nginx", "gcr.io/nginx"],
    ),
    ("docker.io/library/nginx", &["nginx:1", "docker.io/nginx"], &["gcr.io/library/nginx"]),
    ("library/nginx", &["nginx", "docker.io/nginx", "gcr.io/library/nginx"], &["bitnami/nginx", "gcr.io/nginx"]),
    ("nginx", &["nginx", "library/nginx", "bitnami/nginx", "gcr.io/nginx"], &["nginx-x"]),
    // A tag or a digest only when written.
    (
        "nginx:1.27",
        &["nginx:1.27", "gcr.io/a/nginx:1.27", "nginx:1.27@sha256:00"],
        &["nginx", "nginx:1.27.1", "nginx@sha256:00"],
    ),
    ("nginx:1.*", &["nginx:1.27", "nginx:1."], &["nginx:2", "nginx:latest"]),
    ("nginx:latest", &["nginx", "nginx:latest"], &["nginx:1", "nginx@sha256:00"]),
    ("nginx@sha256:00", &["nginx@sha256:00", "nginx:1@sha256:00"], &["nginx@sha256:01", "nginx", "nginx:1"]),
    ("gcr.io/a/nginx:1@sha256:00", &["gcr.io/a/nginx:1@sha256:00"], &["gcr.io/a/nginx@sha256:00", "gcr.io/a/nginx:1"]),
];

#[test]
fn image_globs_match_by_repository_and_by_what_else_is_written() {
    for (glob, yes, no) in IMAGES {
        let parsed = ImageGlob::parse(glob).unwrap_or_else(|error| panic!("{glob}: {error}"));
        for image in *yes {
            assert!(parsed.matches(image), "{glob} should match {image}");
        }
        for image in *no {
            assert!(!parsed.matches(image), "{glob} should not match {image}");
        }
        assert!(!parsed.matches(""), "{glob}");
    }
}

#[test]
fn what_is_no_image_glob_is_an_error() {
    for glob in [
        "istio/.*",
        "^nginx",
        "nginx$",
        "istio//proxyv2",
        "/nginx",
        "nginx/",
        "nginx:",
        "nginx:.*",
        "nginx:^1",
        "nginx:[12]",
        "a b",
        "",
    ] {
        assert!(ImageGlob::parse(glob).is_err(), "{glob:?}");
    }
    let error = ImageGlob::parse("gcr.io/istio/proxy.*").unwrap_err().to_string();
    assert!(error.contains("proxy*"), "{error}");
}
