#!/usr/bin/env bash
# One step of making a Ceph cluster so, on one of its monitors. Usage: step.sh STEP
#
# Every step may be killed anywhere and run again. Its plan is plan.json (infra/storage/ceph/plan/plan.ts).
# Exit codes: 75 this host is no member of the cluster that is recorded, another monitor must be asked;
# 1 anything else.
set -euo pipefail

HOME_FOLDER=${STORAGE_CEPH_HOME:-/var/lib/storage-ceph}
CEPH_FOLDER=${STORAGE_CEPH_DATA:-/var/lib/ceph}
# Where keys lie while they are handed over: in memory, gone with the step.
KEYS_FOLDER=${STORAGE_CEPH_KEYS:-/run/storage-ceph-keys}
readonly HOME_FOLDER CEPH_FOLDER KEYS_FOLDER
readonly NOT_A_MEMBER=75

say() { printf '%s\n' "$*"; }
die() {
  printf '%s\n' "$*" >&2
  exit 1
}
plan() { jq -er "$1" "$HOME_FOLDER/plan.json"; }

main() {
  mkdir -p "$HOME_FOLDER"
  # A run that was begun before and goes on holds the lock; this one waits for it.
  exec 9>"$HOME_FOLDER/lock"
  flock --wait 3000 9 || die 'Another run of this step is still at work on this host after 50 minutes.'
  # An agent of Systems Manager gives its commands neither.
  export HOME=${HOME:-/root}
  AWS_DEFAULT_REGION=$(plan .region)
  export AWS_DEFAULT_REGION
  case "${1:-}" in
    prepare) prepare ;;
    found) found ;;
    hosts | services | pools | gateway) converge "$1" ;;
    users) users ;;
    *) die "There is no step \"${1:-}\"; there are: prepare, found, hosts, services, pools, gateway, users." ;;
  esac
}

# The image, and cephadm out of it: both of one release, by the image's digest.
prepare() {
  cloud-init status --wait >/dev/null || die 'The preparation of this host failed; see /var/log/cloud-init-output.log.'
  local image
  image=$(plan .images.ceph)
  podman image exists "$image" || podman pull --quiet "$image" >/dev/null
  podman run --rm --entrypoint cat "$image" /usr/sbin/cephadm >"$HOME_FOLDER/cephadm.new"
  chmod 755 "$HOME_FOLDER/cephadm.new"
  mv "$HOME_FOLDER/cephadm.new" /usr/sbin/cephadm
  say "cephadm of $image"
}

# The record of the cluster: "FSID INSTANCE founding", later "… founded". Founding is a compare-and-set on it:
# the parameter is made, and never overwritten, before anything is founded. So a first monitor that was
# replaced finds the record and founds nothing.
found() {
  local name me record fsid founder state
  name="$(plan .aws.parameters)/fsid"
  me=$(instance_id)
  record=$(read_parameter "$name")
  if [ -z "$record" ]; then
    [ "$(hostname)" = "$(plan .seed)" ] || return_not_a_member 'No cluster is recorded, and this is not its seed.'
    assert_empty_host
    make_parameter "$name" "$(new_fsid) $me founding"
    record=$(read_parameter "$name")
  fi
  read -r fsid founder state <<<"$record"
  if [ "$state" = founding ]; then
    [ "$founder" = "$me" ] || die "The cluster $fsid was begun on $founder and never finished; this is $me." \
      "No disk was taken yet. If $founder is gone for good, run: aws ssm delete-parameter --name $name"
    bootstrap "$fsid"
    write_parameter "$name" "$fsid $founder founded"
  fi
  assert_member "$fsid"
  publish_key
  say "cluster $fsid"
}

bootstrap() {
  local fsid=$1 done_mark="$HOME_FOLDER/bootstrapped-$1"
  if [ -e "$done_mark" ]; then return; fi
  # What a killed bootstrap left holds no data: disks are taken only once the record says "founded".
  if [ -d "$CEPH_FOLDER/$fsid" ]; then
    cephadm rm-cluster --fsid "$fsid" --force >/dev/null
  fi
  say "founding the cluster $fsid"
  # Without dashboard: it would print a password.
  cephadm --image "$(plan .images.ceph)" bootstrap --fsid "$fsid" --mon-ip "$(own_address)" \
    --ssh-user cephadm --skip-pull --skip-dashboard --skip-monitoring-stack --skip-firewalld --allow-overwrite
  touch "$done_mark"
}

assert_empty_host() {
  local folder
  for folder in "$CEPH_FOLDER"/????????-????-????-????-????????????; do
    [ -d "$folder" ] || continue
    die "This host has data of the cluster ${folder##*/}, of which there is no record. Nothing is founded." \
      "If it is the cluster, record it: aws ssm put-parameter --type String --name $(plan .aws.parameters)/fsid" \
      "--value '${folder##*/} $(instance_id) founded'"
  done
}

assert_member() {
  [ -s "$CEPH_FOLDER/$1/config/ceph.client.admin.keyring" ] ||
    return_not_a_member "This host is no member of the cluster $1 yet."
}

return_not_a_member() {
  printf '%s\n' "$*" >&2
  exit "$NOT_A_MEMBER"
}

# The hosts fetch the key by which cephadm logs in (user data): it must be read before any is added.
publish_key() {
  local name key
  name="$(plan .aws.parameters)/ssh-public-key"
  key=$(in_cluster ceph cephadm get-pub-key | tr -d '\r')
  [[ $key == ssh-* ]] || die 'The cluster has no SSH key.'
  [ "$(read_parameter "$name")" = "$key" ] || write_parameter "$name" "$key"
}

# Keys are made here and kept by Secrets Manager before RGW knows them, so that a step that is killed makes
# the user with the same keys the next time.
users() {
  local name prefix
  prefix=$(plan .aws.secrets)
  rm -rf "$KEYS_FOLDER"
  install -d -m 700 "$KEYS_FOLDER"
  trap 'rm -rf "$KEYS_FOLDER"' EXIT
  while read -r name; do
    secret_of "$prefix$name" "$KEYS_FOLDER/$name.json" access_key
  done < <(plan '.users[].name')
  secret_of "${prefix}dashboard" "$KEYS_FOLDER/dashboard.json" password
  converge users
}

# secret_of SECRET FILE MAKER: the secret's text, made and kept where there is none yet.
secret_of() {
  local text errors
  errors=$(mktemp)
  if text=$(aws secretsmanager get-secret-value --secret-id "$1" --query SecretString --output text 2>"$errors"); then
    printf '%s' "$text" >"$2"
  elif grep -q ResourceNotFoundException "$errors"; then
    "$3" >"$2"
    aws secretsmanager put-secret-value --secret-id "$1" --secret-string "file://$2" >/dev/null
    say "made ${1##*/}"
  else
    die "The secret $1 cannot be read: $(cat "$errors")"
  fi
  rm -f "$errors"
}

access_key() {
  local id
  id=$(openssl rand -hex 10)
  printf '{"accessKeyId":"%s","secretAccessKey":"%s"}' "${id^^}" "$(openssl rand -hex 20)"
}
password() { printf '{"username":"admin","password":"%s"}' "$(openssl rand -hex 16)"; }

# converge PART: inside a container of Ceph's image, where its commands are.
converge() {
  in_cluster python3 /mnt/storage-ceph/converge.py "$1"
}

in_cluster() {
  local mounts=(--mount "$HOME_FOLDER:/mnt/storage-ceph")
  if [ -d "$KEYS_FOLDER" ]; then mounts+=("$KEYS_FOLDER:/mnt/storage-ceph-keys"); fi
  # cephadm writes what it infers to stderr; a failure shows it all.
  cephadm shell --fsid "$(fsid_here)" "${mounts[@]}" -- "$@"
}

fsid_here() {
  local record
  record=$(read_parameter "$(plan .aws.parameters)/fsid")
  printf '%s' "${record%% *}"
}

new_fsid() { cat /proc/sys/kernel/random/uuid; }

# Answers nothing where there is no such parameter; fails where it cannot be told.
read_parameter() {
  local errors text
  errors=$(mktemp)
  if text=$(aws ssm get-parameter --name "$1" --query Parameter.Value --output text 2>"$errors"); then
    printf '%s' "$text"
  elif ! grep -q ParameterNotFound "$errors"; then
    die "The parameter $1 cannot be read: $(cat "$errors")"
  fi
  rm -f "$errors"
}

# Fails where somebody else has made it, which the reading that follows shows.
make_parameter() {
  local errors
  errors=$(mktemp)
  aws ssm put-parameter --no-overwrite --type String --name "$1" --value "$2" >/dev/null 2>"$errors" ||
    grep -q ParameterAlreadyExists "$errors" || die "The parameter $1 cannot be made: $(cat "$errors")"
  rm -f "$errors"
}

write_parameter() {
  aws ssm put-parameter --overwrite --type String --name "$1" --value "$2" >/dev/null
}

metadata() {
  local token
  token=$(curl -sSf -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' http://169.254.169.254/latest/api/token)
  curl -sSf -H "X-aws-ec2-metadata-token: $token" "http://169.254.169.254/latest/meta-data/$1"
}
instance_id() { metadata instance-id; }
own_address() { metadata local-ipv4; }

main "$@"
