#!/usr/bin/env bash
# Installs the Debian packages that the real tests use, where they are missing. What it cannot install is not its
# failure: `npm run test:real` names each part it has to do without.
set -euo pipefail

missing=()
command -v prometheus >/dev/null || missing+=(prometheus)
command -v prometheus-alertmanager >/dev/null || command -v alertmanager >/dev/null || missing+=(prometheus-alertmanager)
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || missing+=(chromium)
if [ "${#missing[@]}" -eq 0 ]; then
  echo 'Prometheus, Alertmanager and Chromium are installed.'
  exit 0
fi
if ! command -v apt-get >/dev/null; then
  echo "Missing: ${missing[*]}. There is no apt-get here; install them another way."
  exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
  echo "Missing: ${missing[*]}. Not root, so nothing was installed; run: sudo $0"
  exit 0
fi

# The packages start their servers at once, and on all addresses. policy-rc.d forbids that while they are installed.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod +x "$policy"
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}"

# Not at the next boot either: only for what was just installed, never for a Prometheus that somebody uses.
if command -v systemctl >/dev/null; then
  for package in "${missing[@]}"; do
    if [ "$package" != chromium ]; then systemctl disable "$package" >/dev/null 2>&1 || true; fi
  done
fi
