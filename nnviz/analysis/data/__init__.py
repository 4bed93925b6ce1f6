"""Sets of pictures: the test digits, the photographs, a folder; and what a network says of all of them."""
