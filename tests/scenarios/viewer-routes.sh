# Each view of the HTML report of a small recording, in Chromium: readable by eyes and by assistive
# software, quiet, and alone (no request leaves it).
. "$TOP/tests/viewer/pages.sh"

page small 5 40
host_page
VIEWER_ROUTES="small.html host.html" browse routes.test.js
