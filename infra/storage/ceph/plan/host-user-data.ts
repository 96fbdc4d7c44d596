export type HostUserData = {
  /** The host's name in Ceph: cephadm refuses a host whose `hostname` says another. */
  name: string;
  region: string;
  /** The parameter in which the cluster publishes the key that cephadm logs in with. */
  keyParameter: string;
};

/**
 * What a host does at its first start: it gets ready for cephadm and waits to be added. It founds, joins and
 * formats nothing, because a host that is replaced runs this again.
 *
 * Amazon Linux 2023: its packages come from S3, the only thing that storage subnets without a way to the
 * internet reach. podman is in its supplementary repository (SPAL), the others in the core one:
 * https://docs.aws.amazon.com/linux/al2023/ug/spal.html
 */
export function hostUserData({ name, region, keyParameter }: HostUserData): string {
  return `#!/bin/bash
set -euxo pipefail
hostnamectl set-hostname ${name}

dnf install -y spal-release
dnf install -y podman lvm2 chrony jq openssl amazon-ecr-credential-helper
systemctl enable --now chronyd amazon-ssm-agent sshd

# Images come from the account's registry; the helper makes a token of the host's role for each pull.
mkdir -p /etc/containers/registries.conf.d
printf 'credential-helpers = ["ecr-login"]\\n' > /etc/containers/registries.conf.d/10-registry.conf

# cephadm logs in by SSH, from the active manager, as a user of its own; nobody else has a key.
useradd --create-home cephadm
printf 'cephadm ALL=(ALL) NOPASSWD: ALL\\n' > /etc/sudoers.d/cephadm
chmod 440 /etc/sudoers.d/cephadm
printf 'PasswordAuthentication no\\nPermitRootLogin no\\nAllowUsers cephadm\\n' > /etc/ssh/sshd_config.d/10-cephadm.conf
systemctl reload sshd

cat > /usr/local/sbin/storage-ceph-key <<'END-OF-FILE'
#!/bin/bash
# Lets the cluster's key in, once it is published and whenever it changes.
set -euo pipefail
key=$(aws ssm get-parameter --region ${region} --name ${keyParameter} --query Parameter.Value --output text)
install -d -m 700 -o cephadm -g cephadm /home/cephadm/.ssh
printf '%s\\n' "$key" > /home/cephadm/.ssh/authorized_keys.new
chown cephadm:cephadm /home/cephadm/.ssh/authorized_keys.new
chmod 600 /home/cephadm/.ssh/authorized_keys.new
mv /home/cephadm/.ssh/authorized_keys.new /home/cephadm/.ssh/authorized_keys
END-OF-FILE
chmod 755 /usr/local/sbin/storage-ceph-key

cat > /etc/systemd/system/storage-ceph-key.service <<'END-OF-FILE'
[Unit]
Description=Lets the key of the Ceph cluster in
[Service]
Type=oneshot
ExecStart=/usr/local/sbin/storage-ceph-key
END-OF-FILE
cat > /etc/systemd/system/storage-ceph-key.timer <<'END-OF-FILE'
[Unit]
Description=Lets the key of the Ceph cluster in
[Timer]
OnActiveSec=5
OnUnitInactiveSec=30
[Install]
WantedBy=timers.target
END-OF-FILE
systemctl daemon-reload
systemctl enable --now storage-ceph-key.timer
`;
}
