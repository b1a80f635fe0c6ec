#!/usr/bin/env bash
# Runs tests on the newest Python that Debian's unstable tree has, which is newer than what most machines come with:
#   tests/newest_python.sh [PYTEST ARGUMENTS]
# The tree is made in .newest/ (ignored, some 500 MiB, kept for the next time). Needs root and Debian's packages; where one is missing this
# says so and ends with 0, so that a machine without them can go on.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD/.newest

cant() { echo "== not run on the newest Python: $1"; exit 0; }

[ "$(id -u)" = 0 ] || cant "a tree of Debian's is made by root only"
command -v apt-get >/dev/null || cant "this is no Debian"
if ! command -v debootstrap >/dev/null; then
  (apt-get update -qq && apt-get install -y -qq debootstrap) >/dev/null 2>&1 || cant "debootstrap can't be installed"
fi
unshare --mount true 2>/dev/null || cant "there are no mount namespaces here"

if ! [ -e "$root/made" ]; then
  rm -rf "$root"
  mkdir "$root"
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -v security | head -1)
  [ -n "$mirror" ] || cant "apt-get names no mirror"
  debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates,git,less unstable "$root" "$mirror" >"$root.log" 2>&1 ||
    cant "the tree can't be made: $(tail -1 "$root.log")"
  mv "$root.log" "$root/made"
fi

# How this machine reaches its packages is how the tree does.
for file in /etc/pip.conf /etc/resolv.conf /etc/hosts /etc/ssl/certs/ca-certificates.crt; do
  [ ! -e "$file" ] || cp --dereference "$file" "$root$file"
done
mkdir -p "$root/src"
find "$root/src" -mindepth 1 -delete
tar -c --exclude=./.newest --exclude=./.venv --exclude='./.*_cache' --exclude=__pycache__ --exclude='*.egg-info' . | tar -x -C "$root/src"

# In a mount namespace of its own: what is mounted goes with the process.
export root
unshare --mount --fork bash -euo pipefail -c '
  mount -t proc proc "$root/proc"
  mount --rbind /dev "$root/dev"
  exec chroot "$root" bash -euo pipefail -c "
    cd /src
    export HOME=/root
    python3 -m venv /venv
    /venv/bin/pip install --quiet -e .[test]
    echo \"== \$(/venv/bin/python --version)\"
    if ! /venv/bin/python -m pytest -q \"\$@\"; then
      echo \"== what has failed, once more by itself\"
      /venv/bin/python -m pytest -q -n 0 --last-failed --last-failed-no-failures none
    fi
  " bash "$@"
' bash "$@"
