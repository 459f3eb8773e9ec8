#!/bin/sh
# setup.sh - installs what the kit needs, once. Called by make, in the kit's
# folder. Says which packages of packages.txt are missing and what each is
# for; installs them as root or through sudo. INSTALL=no never installs.
# Status: 0 all are there, 2 not.

list=grader/packages.txt
log=build/setup.log

say() {
    printf '%s\n' "$*" >&2
}

packages() {
    sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$list"
}

missing() {
    packages | while read -r package purpose; do
        case $(dpkg-query -W -f='${db:Status-Abbrev}' "$package" \
            2>/dev/null) in
        ?i*) ;;
        *) printf '%-18s %s\n' "$package" "$purpose" ;;
        esac
    done
}

# Prints how to become root: nothing, or "sudo". Fails where there is no way.
how() {
    if [ "$(id -u)" -eq 0 ]; then
        return 0
    fi
    command -v sudo >/dev/null || return 1
    # without a password, or with one typed at a terminal
    sudo -n true 2>/dev/null || { [ -t 0 ] && [ -t 2 ]; } || return 1
    echo sudo
}

# $1: "sudo" or nothing; then the packages
install() {
    root=$1
    shift
    # A list that cannot be renewed may still do.
    $root apt-get -q update >"$log" 2>&1
    $root env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
        -o DPkg::Lock::Timeout=300 --no-install-recommends \
        install "$@" >>"$log" 2>&1 </dev/null
}

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    say "interleave: this is not Debian or one of its family."
    say "README.md, \"Elsewhere\", says how to run the kit in a container."
    exit 2
fi

absent=$(missing)
[ -z "$absent" ] && exit 0

say "interleave: these packages are missing:"
say
printf '%s\n' "$absent" | sed 's/^/  /' >&2
say
names=$(printf '%s\n' "$absent" | awk '{printf "%s%s", sep, $1; sep = " "}')
command="apt-get update && apt-get install --no-install-recommends $names"
[ "$(id -u)" -eq 0 ] || command="sudo sh -c '$command'"

if [ "$INSTALL" = no ]; then
    say "INSTALL=no, so nothing was installed. This would do it:"
    say
    say "  $command"
    exit 2
fi
if ! root=$(how); then
    say "They can be installed by root, or through sudo. This does it:"
    say
    say "  $command"
    exit 2
fi

mkdir -p build || exit 2
say "Installing them${root:+ through sudo}, once; it takes a minute or two."
# shellcheck disable=SC2086 # a list of words
install "$root" $names
still=$(missing)
if [ -n "$still" ]; then
    say "interleave: apt-get could not install all of it. Its last words:"
    say
    tail -n 15 "$log" >&2
    say
    say "All of them are in $log. To try it yourself:"
    say
    say "  $command"
    exit 2
fi
say "Done."
