// Package mf reads cameras through Windows' Media Foundation. A Camera is a driver as pion/mediadevices has them.
package mf
