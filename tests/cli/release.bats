#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#
# The version is the same wherever it is named; scripts/release-check finds each place that differs.

load helpers

# A tree that has what names the version, in $tree.
setup() {
	tree=$BATS_TEST_TMPDIR/tree
	mkdir -p "$tree"/{debian,docs,contrib/kubernetes,contrib/rpm}
	cp Makefile CHANGELOG.md "$tree"
	cp debian/changelog "$tree/debian"
	cp -r docs/man "$tree/docs"
	cp contrib/kubernetes/memtrace.yml "$tree/contrib/kubernetes"
	cp contrib/rpm/memtrace.spec "$tree/contrib/rpm"
	version=$(sed -n 's/^VERSION := //p' Makefile)
}

@test "this tree names one version" {
	scripts/release-check
	"$MEMTRACE" --version | grep -qx "memtrace $version.*"
}

@test "each place that differs is found" {
	local place

	for place in CHANGELOG.md debian/changelog contrib/rpm/memtrace.spec contrib/kubernetes/memtrace.yml docs/man/memtrace-stat.8; do
		cp "$tree/$place" "$BATS_TEST_TMPDIR/saved"
		# its first mention
		sed -i "0,/$version/s//9.9.9/" "$tree/$place"
		run -1 scripts/release-check "$tree"
		[ "$(grep -c '^differs' <<<"$output")" -eq 1 ]
		grep -qx "differs $place: '9.9.9', expected '$version'" <<<"$output"
		cp "$BATS_TEST_TMPDIR/saved" "$tree/$place"
	done
	sed -i "s/^VERSION := .*/VERSION := 9.9.9/" "$tree/Makefile"
	run -1 scripts/release-check "$tree"
	[[ $output != *ok\ * ]]
	sed -i "s/^VERSION := .*/VERSION := next/" "$tree/Makefile"
	run -1 scripts/release-check "$tree"
}

# as_release MARK: what is said of the places that only a release has
as_release() {
	run scripts/release-check --release "$tree"
	grep -q "^$1" <<<"$output" || { echo "$output"; false; }
}

@test "a release has its date, no changes, and its tag" {
	git -C "$tree" init -q
	as_release 'differs CHANGELOG.md: its date'
	as_release 'differs the working tree: changes'
	sed -i "0,/^## \[.*/s//## [$version] - 2026-12-01/" "$tree/CHANGELOG.md"
	sed -i '0,/^ -- .*/s/>  .*/>  Tue, 01 Dec 2026 10:00:00 +0000/' "$tree/debian/changelog"
	git -C "$tree" add -A
	git -C "$tree" -c user.name=a -c user.email=a@example.org commit -q -m one
	git -C "$tree" tag "v$version"
	scripts/release-check --release "$tree"
	git -C "$tree" -c user.name=a -c user.email=a@example.org commit -q --allow-empty -m two
	as_release "differs the tag v$version"
}
