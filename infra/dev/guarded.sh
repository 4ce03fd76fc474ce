# shellcheck shell=bash disable=SC2154,SC2034 # $dir comes from the server's script, which has $users too
# A Kafka that asks its users who they are, for tests: beside the open listener, which may do everything, there is one with TLS and
# SCRAM-SHA-512, whose users may do what ACLs say and nothing else. XENTRI_DEV_GUARDED has the users, as `name:password name:password`;
# one with a plus before its name may do everything too.
# Sourced by the script of Kafka.

guarded() { [ -n "${XENTRI_DEV_GUARDED-}" ]; }

name_of() { echo "$1" | sed 's/^+//; s/:.*//'; }

guarded_settings() {
    echo "export XENTRI_TEST_KAFKA_GUARDED=127.0.0.1:$(cat "$dir/guarded-port")"
    echo "export XENTRI_TEST_KAFKA_AUTHORITY=$dir/tls/authority.pem"
}

# The broker's certificate is of the address 127.0.0.1 and of no other name.
make_certificates() {
    local tls=$dir/tls log=$dir/tls.log
    if [ -e "$tls/broker.pem" ]; then return; fi
    rm -rf "$tls"
    mkdir -p "$tls"
    printf '%s\n' '[req]' 'distinguished_name=name' '[name]' '[authority]' 'basicConstraints=critical,CA:TRUE' \
        '[broker]' 'subjectAltName=IP:127.0.0.1' >"$tls/openssl.cnf"
    (
        cd "$tls"
        request=(openssl req -config openssl.cnf -newkey rsa:2048 -nodes)
        "${request[@]}" -x509 -extensions authority -subj "/CN=Xentri development" -days 3650 \
            -keyout authority.key -out authority.pem &&
            "${request[@]}" -new -subj "/CN=broker" -keyout broker.key -out broker.csr &&
            openssl x509 -req -in broker.csr -CA authority.pem -CAkey authority.key -CAcreateserial -days 3650 \
                -extfile openssl.cnf -extensions broker -out broker.crt &&
            cat broker.key broker.crt >broker.pem
    ) >"$log" 2>&1 || die "could not make certificates (all of it: $log)"
}

guarded_configuration() {
    local user all=User:ANONYMOUS
    for user in $XENTRI_DEV_GUARDED; do
        case $user in +*) all+=";User:$(name_of "$user")" ;; esac
    done
    cat <<CONF
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
# Whoever comes by the open listeners is anonymous.
super.users=$all
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL
sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
ssl.keystore.type=PEM
ssl.keystore.location=$dir/tls/broker.pem
CONF
}

# As options of the program that makes a data directory.
guarded_users() {
    local user
    for user in $XENTRI_DEV_GUARDED; do
        users+=(--add-scram "SCRAM-SHA-512=[name=\"$(name_of "$user")\",password=\"${user#*:}\"]")
    done
}
