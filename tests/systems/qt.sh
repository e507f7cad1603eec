# Qt: a platform plugin (xcb, wayland, offscreen ...) is opened when the application is made: QFactoryLoader
# reads the metadata of all files in plugins/platforms first, without dlopen, then opens the one that fits.
. "$TOP/tests/lib.sh"
. "$TOP/tests/gallery.sh"

python=/usr/bin/python3
$python -c 'import PyQt5.QtGui' 2>/dev/null || skip "python3-pyqt5 is not installed"
mkdir -m 700 run
export XDG_RUNTIME_DIR=$PWD/run
prepare qt
explained env QT_QPA_PLATFORM=offscreen $python prog.py
expect_eq "output" "$(cat audited.out)" offscreen
answer=$(plugreport why-loaded libqoffscreen.so)
expect_match "for whom" "$answer" 'QPlatformIntegrationFactory::create\('
expect_match "by whom" "$answer" 'was loaded because libQt5Core\.so\.5'
rm -f plugaudit.db*
recipe qt
