# shellcheck shell=bash disable=SC2154 # $here and $dev come from lib.sh
# Where the programs are that the development servers run: looked for by `setup`, which installs
# what is missing, and by the servers. Sourced after lib.sh; answers on stdout or fails.

# find_postgres [MAJOR]: the folder of the first usable server: PATH, then the newest of the
# places where packages put it. A `postgres` in PATH may well be too old.
find_postgres() {
    local bin major
    while read -r bin; do
        { [ -x "$bin/postgres" ] && [ -x "$bin/initdb" ]; } || continue
        major=$("$bin/postgres" --version 2>/dev/null | sed 's/[^0-9]*\([0-9]*\).*/\1/') || continue
        { [ "${major:-0}" -ge 15 ] && [ "$major" = "${1:-$major}" ]; } || continue
        echo "$bin"
        return
    done < <(
        { type -aP postgres || true; } | while read -r bin; do dirname "$(readlink -f "$bin")"; done
        printf '%s\n' /usr/lib/postgresql/*/bin /usr/pgsql-*/bin \
            /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin | sort -rV
    )
    return 1
}

# find_java: the first Java that Kafka runs on. The file `release` beside it tells its version
# without the cost of starting it.
find_java() {
    local java version
    while read -r java; do
        [ -x "$java" ] || continue
        java=$(readlink -f "$java")
        version=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "${java%/bin/java}/release" 2>/dev/null) ||
            version=$("$java" -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p') || continue
        [ "${version:-0}" -ge 17 ] || continue
        echo "$java"
        return
    done < <(
        echo "${JAVA_HOME:-/none}/bin/java"
        type -aP java || true
        printf '%s\n' /usr/lib/jvm/*/bin/java \
            /opt/homebrew/opt/openjdk*/bin/java /usr/local/opt/openjdk*/bin/java
    )
    return 1
}

# The cache of Kafka's jars is complete when it carries the checksum of the list it was made from.
# XENTRI_DEV_JARS names that of another place.
kafka_pom=$here/kafka.pom.xml
kafka_cache=${XENTRI_DEV_JARS:-$dev/kafka/lib}
kafka_cached() { [ "$(cat "$kafka_cache/.made-from" 2>/dev/null)" = "$(cksum <"$kafka_pom")" ]; }
