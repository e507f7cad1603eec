# What readers do with the HTML report: filter, sort, follow links, go back, send an address, print,
# use the keyboard alone; without JavaScript; with data of another version and damaged ones.
. "$TOP/tests/viewer/pages.sh"

page large 600 250000
host_page
sed 's/id="data" data-format="[0-9]*"/id="data" data-format="999"/' host.html >version.html
sed 's/\(id="data" data-format="[0-9]*">.\{400\}\)....../\1AAAAAA/' host.html >damaged.html
browse use.test.js
