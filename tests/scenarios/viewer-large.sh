# The same of a large one: 600 objects and 250,000 bindings.
. "$TOP/tests/viewer/pages.sh"

page large 600 250000
VIEWER_ROUTES=large.html browse routes.test.js
