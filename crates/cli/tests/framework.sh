#!/usr/bin/env bash
# Runs the hooks of .pre-commit-hooks.yaml under the pre-commit framework, end to end.
#
#     crates/cli/tests/framework.sh path/to/sluice
#
# Not a test of `cargo test`: it needs the framework (`pip install pre-commit`). The hooks
# of language `rust` are left out, because the framework would build them once more.
set -euo pipefail
sluice=$(realpath "$1")
here=$(realpath "$(dirname "$0")/../../..")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 PRE_COMMIT_HOME="$scratch/home"
mkdir "$scratch/bin"
ln -s "$sluice" "$scratch/bin/sluice"
PATH="$scratch/bin:$PATH"

fail() { echo "FAILED: $*" >&2; exit 1; }
in_git() { git -c user.name=A -c user.email=a@example.invalid -c protocol.file.allow=always "$@"; }

# What the framework takes is a repository with the file at its top.
git init -q "$scratch/hooks"
cp "$here/.pre-commit-hooks.yaml" "$scratch/hooks"
in_git -C "$scratch/hooks" add -A
in_git -C "$scratch/hooks" commit -qm hooks

git init -q -b main "$scratch/repo"
git init -q --bare "$scratch/remote.git"
cd "$scratch/repo"
cat > .pre-commit-config.yaml <<CONFIG
default_install_hook_types: [pre-commit, pre-push]
repos:
  - repo: $scratch/hooks
    rev: $(git -C "$scratch/hooks" rev-parse HEAD)
    hooks:
      - id: sluice-system
      - id: sluice-system-push
CONFIG
in_git add -A
in_git commit -qm start
git remote add origin "$scratch/remote.git"
pre-commit install >/dev/null

# In two parts, so that this file does not hold what is looked for.
secret="smtp_password = \"Kq7!vR7x""T41zzQw2\"" # sluice:allow made up

echo "option = 1" > a.py
in_git add -A
in_git commit -qm clean || fail "a commit without a secret was stopped"
in_git push -q origin main || fail "a push without a secret was stopped"

echo "$secret" >> a.py
in_git add -A
if in_git commit -qm secret > out.txt 2>&1; then fail "a commit with a secret went through"; fi
grep -q "a.py" out.txt || fail "the place is not named: $(cat out.txt)"
if grep -q "T41zz" out.txt; then fail "the secret was shown"; fi

in_git commit -qm secret --no-verify
if in_git push -q origin main > out.txt 2>&1; then fail "a push with a secret went through"; fi
grep -q "a.py" out.txt || fail "the place is not named: $(cat out.txt)"
if pre-commit run --from-ref HEAD~1 --to-ref HEAD --hook-stage pre-push > out.txt 2>&1; then
    fail "a range with a secret went through"
fi
if [ "$(git -C "$scratch/remote.git" rev-parse main)" = "$(git rev-parse HEAD)" ]; then
    fail "the secret was pushed"
fi
echo "ok: the framework stops a commit, a push and a range that bring a secret, and no others"
