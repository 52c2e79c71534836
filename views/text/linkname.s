// This file lets switch.go declare a function without a body.
