#!/usr/bin/env bash
# Run tfcheck as a GitHub Action: install the checkout that this script belongs to into an environment of its own, once
# per job, and hand over. Every package is one of requirements/action.txt, by its hash; tfcheck itself comes from nowhere
# but here. Python runs isolated (-I): a file of the pull request that is called like a module is not imported. What pip
# starts is not isolated, so the variables that could lead it to such a file are unset.
set -euo pipefail
unset "${!PYTHON@}"

new_enough() {
  "$1" -I -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

# `python3` on Windows may be a stub, and an old one may come first; hosted runners keep others in their tool cache.
find_python() {
  if [ -n "${TFCHECK_PYTHON:-}" ]; then
    if new_enough "$TFCHECK_PYTHON"; then
      printf '%s\n' "$TFCHECK_PYTHON"
    fi
    return
  fi
  local candidate found=""
  for candidate in python3 python; do
    if new_enough "$candidate"; then
      printf '%s\n' "$candidate"
      return
    fi
  done
  for candidate in "${RUNNER_TOOL_CACHE:-/nowhere}"/Python/3.1[1-9].*/*/{bin/python,python.exe}; do
    if [ -x "$candidate" ] && new_enough "$candidate"; then
      found="$candidate"
    fi
  done
  printf '%s\n' "$found"
}

# pip runs the Python that its settings name, and the checkout contains them if HOME is the checkout.
leave_home_in_checkout() {
  local name place checkout
  checkout="$(cd -P -- "${GITHUB_WORKSPACE:-.}" && pwd)"
  for name in HOME XDG_CONFIG_HOME; do
    place="$(cd -P -- "${!name:-/}" 2>/dev/null && pwd || true)"
    if [[ "$place/" == "${checkout%/}/"* ]]; then
      export "$name=$RUNNER_TEMP"
    fi
  done
}

# uv does not compare what it has unpacked before with hashes, and its cache may be in the checkout.
install_with_uv() {
  uv --no-config --no-cache --quiet pip install --python "$1" --require-hashes --no-build -r "$action/requirements/action.txt"
  uv --no-config --no-cache --quiet pip install --python "$1" --offline --no-deps --no-build-isolation "$action"
}

install_with_pip() {
  "$1" -I -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: \
    -r "$action/requirements/action.txt"
  "$1" -I -m pip install --quiet --disable-pip-version-check --no-index --no-deps --no-build-isolation "$action"
}

action="$GITHUB_ACTION_PATH"
environment="$RUNNER_TEMP/tfcheck-$(printf '%s' "$action" | cksum | cut -d ' ' -f 1)"
if [ ! -e "$environment/ready" ]; then
  python="$(find_python)"
  if [ -z "$python" ]; then
    echo "::error title=tfcheck::tfcheck needs Python 3.11 or newer; put actions/setup-python before it, or set the input python"
    exit 2
  fi
  if command -v uv >/dev/null; then
    "$python" -I -m venv --clear --without-pip "$environment"
    install=install_with_uv
  else
    "$python" -I -m venv --clear "$environment"
    install=install_with_pip
  fi
fi
bin="$environment/bin"
if [ ! -d "$bin" ]; then
  bin="$environment/Scripts"
fi
if [ ! -e "$environment/ready" ]; then
  (
    leave_home_in_checkout
    "$install" "$bin/python"
  )
  touch "$environment/ready"
fi
exec "$bin/python" -I -X utf8 -m tfcheck github
