# The function's image: one static binary, no shell, no library, no package.

FROM rust:1.95.0-slim AS build
WORKDIR /src
COPY . .
# Only with --target do the flags leave build scripts and macros alone, which cannot be static.
RUN target="$(rustc --version --verbose | sed -n 's/^host: //p')" \
    && RUSTFLAGS='-C target-feature=+crt-static' cargo build --release --locked --target "$target" \
    && install -D -t /out "target/$target/release/convert-sidecars" \
    && mkdir /out/etc \
    && echo 'nobody:x:65534:65534:nobody:/:/nonexistent' > /out/etc/passwd

# kpt and kustomize run functions as `nobody`, so the name must be known.
FROM scratch
COPY --from=build /out/ /
USER 65534:65534
ENTRYPOINT ["/convert-sidecars"]
