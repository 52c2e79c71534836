// Package examples holds runnable examples of the connector; docs/recipes explains them.
package examples
