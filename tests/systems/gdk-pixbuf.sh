# GTK and gdk-pixbuf: loaders.cache says which module reads which kind of picture; g_module_open() opens it when such a
# picture comes.  GTK's own modules and input methods go the same way (immodules.cache, GTK_MODULES).
. "$TOP/tests/lib.sh"
. "$TOP/tests/gallery.sh"

need gdk-pixbuf-csource
prepare gdk-pixbuf
explained gdk-pixbuf-csource --raw picture.ppm
expect_match "it was read" "$(cat audited.out)" 'rowstride'
answer=$(plugreport why-loaded libpixbufloader-pnm.so)
expect_match "who opened it" "$answer" 'was loaded because g_module_open_full\(\)'
expect_match "for whom" "$answer" 'gdk_pixbuf_new_from_file\(\)'
rm -f plugaudit.db*
recipe gdk-pixbuf
