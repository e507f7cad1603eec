# shellcheck shell=bash
# pages.sh - what the tests of the HTML report in a browser share: the pages, and how tests are run.
. "$TOP/tests/lib.sh"

CHROMIUM=${CHROMIUM:-$(command -v chromium || true)}
export CHROMIUM
[ -n "$CHROMIUM" ] || skip "chromium is not installed"

need_node() { # PACKAGE OF NPM'S...
	need node
	[ "$(node -p 'parseInt(process.versions.node)')" -ge 18 ] || skip "node is older than version 18"
	local package
	for package; do
		[ -e "$TOP/web-viewer/node_modules/$package" ] ||
			skip "$package of npm is not installed: run scripts/install-deps"
	done
}
need_node playwright-core axe-core

VIEWER_PAGES=$PWD
export VIEWER_PAGES

page() { # NAME ARGUMENTS OF viewer-recording...
	"$BUILD/tests/viewer-recording" "$1.db" "${@:2}"
	plugreport html -q -d "$1.db" -o "$1.html"
}

host_page() { # host.html
	[ -x "$BUILD/tests/demo-host/host" ] || skip "the plugin host is not built: make tests"
	PLUGAUDIT_DB=$PWD/host.db audit "$BUILD/tests/demo-host/host" png jpeg report broken sandbox >out
	plugreport html -q -d host.db -o host.html
}

browse() { # TESTS IN web-viewer/test/browser...
	# A profile and a HOME of their own: nothing of the user's is read or left behind.
	mkdir -p home
	HOME=$PWD/home node --test --test-reporter=spec \
		"${@/#/$TOP/web-viewer/test/browser/}" >log 2>&1 || {
		sed -n '/failing tests/,$p' log
		fail "tests in the browser"
	}
}
