# GStreamer: a registry lists what each plugin has; it is filled by gst-plugin-scanner, a child process that
# opens every plugin, so that one that crashes takes only the scanner along.  The program then opens
# those that it needs.  A plugin that can't be loaded is missed by nobody but in the scanner.
. "$TOP/tests/lib.sh"
. "$TOP/tests/gallery.sh"

need gst-inspect-1.0 gst-launch-1.0
prepare gstreamer
gst-inspect-1.0 audiotestsrc >/dev/null 2>&1
explained gst-launch-1.0 -q audiotestsrc num-buffers=2 ! fakesink
expect_match "the program" "$(plugreport why-loaded libgstaudiotestsrc.so)" 'was loaded because g_module_open_full\(\)'
expect_eq "only what it needs" "$(plugreport objects '*/gstreamer-1.0/*' | grep -c '/libgst')" 2
rm -f "$GST_REGISTRY" plugaudit.db*
recipe gstreamer
expect_db "the scanner opened all, in a process of its own" "SELECT count(DISTINCT process) > 0 FROM v_object
	WHERE path LIKE '%/gstreamer-1.0/libgst%' AND process IN (SELECT process FROM v_process
	WHERE exe LIKE '%gst-plugin-scanner')" 1
model_agrees
