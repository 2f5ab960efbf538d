#!/bin/sh
# Makes an authority, and a certificate for each host: sh certificates.sh FOLDER
# Run it once, on a machine that you trust. Copy FOLDER/NAME to host NAME as /etc/caseaudit-tls, and keep authority.key away
# from all of them. A host is known by its address: give each its own below.
set -eu
umask 077
mkdir -p "$1"
cd "$1"
key="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"

test -e authority.key || openssl req -x509 $key -days 3650 -subj "/CN=Case Audit hosts" \
    -addext "basicConstraints=critical,CA:TRUE,pathlen:0" -addext "keyUsage=critical,keyCertSign,cRLSign" \
    -keyout authority.key -out authority.pem

host() {
    mkdir -p "$1"
    openssl req $key -subj "/CN=$1" -keyout "$1/host.key" -out request.pem
    printf 'basicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth,clientAuth\nsubjectAltName=DNS:%s,%s\n' "$1" "$2" >extensions
    openssl x509 -req -days 730 -in request.pem -CA authority.pem -CAkey authority.key -CAcreateserial -extfile extensions -out "$1/host.pem"
    # HAProxy reads both from one file.
    cat "$1/host.pem" "$1/host.key" >"$1/both.pem"
    cp authority.pem "$1"
    rm request.pem extensions
}

# A database is also reached as 127.0.0.1: through HAProxy, which passes on what it cannot read.
host db1 IP:10.77.0.11,IP:127.0.0.1
host db2 IP:10.77.0.12,IP:127.0.0.1
host db3 IP:10.77.0.13,IP:127.0.0.1
host web1 IP:10.77.0.21
host web2 IP:10.77.0.22
host proxy IP:10.77.0.31
